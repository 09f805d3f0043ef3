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
import { unmasked } from './presented.js';

export interface Admitted {
  /** What shall be stored. */
  readonly object: ApiObject;
  readonly warnings: string[];
}

/**
 * The one way in: every write of a person or a client passes here, under the object's lock. Normalises, fills in defaults to
 * validate them (they are never stored), and asks for the special verbs that the content needs. Pure; throws an ApiError.
 * `schemaErrors` are what decoding found; they are reported together with the rest where the rest can be judged.
 */
export function admit(
  kind: KindDefinition,
  next: ApiObject,
  stored: ApiObject | undefined,
  schemaErrors: readonly FieldError[],
  identity: Identity,
  authorizer: Authorizer,
): Admitted {
  if (schemaErrors.length > 0) throw invalid(kind, nameOf(next), schemaErrors);
  const object = unmasked(kind, kind.prepare?.(next) ?? next, stored);
  const effective = kind.effective(object);
  const errors = [...kind.validate(effective), ...(stored ? (kind.validateUpdate?.(stored, effective) ?? []) : [])];
  if (errors.length > 0) throw invalid(kind, nameOf(next), errors);
  if (!stored || !equal(contentOf(object), contentOf(stored))) checkVerbs(kind, effective, identity, authorizer);
  return { object, warnings: kind.warnings?.(effective) ?? [] };
}

/**
 * Asked again whenever the content changes, not only when the field is set: who may not allow an unsafe address must not move
 * one that an admin has allowed to another host.
 */
function checkVerbs(kind: KindDefinition, effective: ApiObject, identity: Identity, authorizer: Authorizer): void {
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
