import { type ApiObject, type FieldError, type KindDefinition, schemaErrors } from '#libs/apimachinery';

/** An object that passed every check, with its defaults filled in. */
export interface Checked {
  readonly effective: ApiObject;
  readonly errors: readonly [];
}
export interface Refused {
  readonly effective: undefined;
  readonly errors: readonly FieldError[];
}

/**
 * The checks that need nothing but the object: its schema, then the kind's own rules over the effective object. Used at
 * admission and again by compile, since a stored object may be older than a rule. Metadata and status are not looked at.
 */
export function checkObject(kind: KindDefinition, object: ApiObject): Checked | Refused {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, status: _status, ...content } = object;
  const shapeErrors = schemaErrors(kind.content, content);
  if (shapeErrors.length > 0) return { effective: undefined, errors: shapeErrors };
  const effective = kind.effective(object);
  const errors = kind.validate(effective);
  return errors.length > 0 ? { effective: undefined, errors } : { effective, errors: [] };
}
