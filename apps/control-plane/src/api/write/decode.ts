import {
  type ApiObject,
  apiVersionOf,
  badRequest,
  type Decoded,
  decodeObject,
  type FieldValidation,
  invalid,
  isMap,
  type KindDefinition,
  type Scope,
} from '#libs/apimachinery';
import { readBody } from '../request/body.js';
import type { Call } from '../request/call.js';
import { bodyFormat } from '../request/media-type.js';
import { fieldValidationOf } from '../request/query.js';

/** The object in a body. Typed clients leave out apiVersion and kind, which the address has. */
export function decodeBody(call: Call, kind: KindDefinition): Decoded {
  const value = readBody(call.body, bodyFormat(call.headers['content-type'] as string | undefined));
  return decodeValue(kind, isMap(value) ? typed(kind, value) : value, fieldValidationOf(call.query));
}

/** Malformed metadata is refused at once: everything after this looks the object up by it. */
export function decodeValue(kind: KindDefinition, value: unknown, validation: FieldValidation): Decoded {
  const decoded = decodeObject(kind, value, validation);
  if (!decoded.errors.some(({ path }) => /^metadata\b/.test(path))) return decoded;
  const metadata: unknown = decoded.object.metadata;
  const name = isMap(metadata) && typeof metadata.name === 'string' ? metadata.name : '';
  throw invalid(kind, name, decoded.errors);
}

function typed(kind: KindDefinition, value: Record<string, unknown>): Record<string, unknown> {
  return { ...value, apiVersion: value['apiVersion'] || apiVersionOf(kind), kind: value['kind'] || kind.kind };
}

/** A namespace in the body must be the address's; an absent one is filled in. */
export function inScope(object: ApiObject, scope: Scope): ApiObject {
  if (scope.type !== 'Namespace') return object;
  const { namespace } = scope;
  const given = object.metadata.namespace;
  if (given !== undefined && given !== '' && given !== namespace) {
    throw badRequest(`metadata.namespace: must be "${namespace}", as in the address`);
  }
  return { ...object, metadata: { ...object.metadata, namespace } };
}
