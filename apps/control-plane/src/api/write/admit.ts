import {
  type ApiObject,
  equal,
  type FieldError,
  forbidden,
  invalid,
  type KindDefinition,
  objectScope,
} from '#libs/apimachinery';
import type { Authorizer } from '../../auth/authorizer.js';
import type { Identity } from '../../auth/identity.js';
import { unmasked } from '../objects/presented.js';

/** Who writes, and who knows what that one may. */
export interface Author {
  readonly identity: Identity;
  readonly authorizer: Authorizer;
}

/** What one write makes of an object. */
export interface Candidate {
  readonly kind: KindDefinition;
  readonly next: ApiObject;
  readonly stored: ApiObject | undefined;
  /** What decoding found: reported together with the rest where the rest can be judged. */
  readonly errors: readonly FieldError[];
}

/**
 * The one way in: every write of a person or a client passes here, under the object's lock. Normalises, fills in defaults to
 * validate them (they are never stored), and asks for the special verbs that the content needs. Returns what shall be
 * stored. Pure; throws an ApiError.
 */
export function admit({ kind, next, stored, errors }: Candidate, author: Author): ApiObject {
  refuseInvalid(kind, next, errors);
  const object = unmasked(kind, kind.prepare?.(next) ?? next, stored);
  const effective = kind.effective(object);
  refuseInvalid(kind, next, [
    ...kind.validate(effective),
    ...(stored ? (kind.validateUpdate?.(stored, effective) ?? []) : []),
  ]);
  if (!stored || !equal(contentOf(object), contentOf(stored))) checkVerbs(kind, effective, author);
  return object;
}

/** `/status` takes the status alone. */
export function admitStatus({ kind, next, stored, errors }: Candidate & { readonly stored: ApiObject }): ApiObject {
  refuseInvalid(kind, next, errors);
  return { ...stored, status: next.status };
}

/** What would silently do nothing. */
export const warningsAbout = (kind: KindDefinition, object: ApiObject): readonly string[] =>
  kind.warnings?.(kind.effective(object)) ?? [];

function refuseInvalid(kind: KindDefinition, object: ApiObject, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(kind, nameOf(object), errors);
}

/**
 * Asked again whenever the content changes, not only when the field is set: who may not allow an unsafe address must not move
 * one that an admin has allowed to another host.
 */
function checkVerbs(kind: KindDefinition, effective: ApiObject, { identity, authorizer }: Author): void {
  const { name, namespace = '' } = effective.metadata;
  for (const { verb, path } of kind.requiredVerbs?.(effective) ?? []) {
    const { group, plural: resource } = kind;
    const scope = objectScope(kind, namespace);
    const verdict = authorizer.authorize(identity, { type: 'resource', verb, group, resource, scope, name });
    if (!verdict.allowed) {
      throw forbidden(
        `user "${identity.user}" may not set ${path}: it needs the verb "${verb}", which admins have`,
        kind,
        name,
      );
    }
  }
}

function contentOf({ metadata: _metadata, status: _status, ...content }: ApiObject): object {
  return content;
}

const nameOf = ({ metadata }: ApiObject): string => metadata?.name ?? metadata?.generateName ?? '';
