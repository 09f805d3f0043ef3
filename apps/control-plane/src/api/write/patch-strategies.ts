import {
  applyMergePatch,
  badRequest,
  type FieldValidation,
  isMap,
  type KindDefinition,
  unsupportedMediaType,
} from '#libs/apimachinery';
import { readBody } from '../request/body.js';
import type { Call } from '../request/call.js';
import { parseMediaType } from '../request/media-type.js';
import { fieldValidationOf } from '../request/query.js';
import { decodeValue } from './decode.js';
import type { Strategy } from './proposal.js';

/** A way to say what shall change. A new one is a line in the list below. */
interface PatchType {
  readonly mediaType: string;
  serves(kind: KindDefinition): boolean;
  read(call: Call, kind: KindDefinition): Strategy;
}

const patchTypes: readonly PatchType[] = [
  { mediaType: 'application/merge-patch+json', serves: () => true, read: mergePatch },
  /** A merge patch with directives; kubectl sends it for Secrets and Namespaces. */
  {
    mediaType: 'application/strategic-merge-patch+json',
    serves: ({ group }) => group === '',
    read: mergePatch,
  },
];

/** By the Content-Type. Throws a 415. */
export function patchStrategyOf(call: Call, kind: KindDefinition): Strategy {
  const { name } = parseMediaType((call.headers['content-type'] as string | undefined) ?? '');
  const type = patchTypes.find((each) => each.mediaType === name && each.serves(kind));
  if (type) return type.read(call, kind);
  throw unsupportedMediaType('the body of a PATCH must be application/merge-patch+json (kubectl patch --type=merge)');
}

function mergePatch(call: Call, kind: KindDefinition): Strategy {
  const patch = readBody(call.body, 'json');
  if (!isMap(patch)) throw badRequest('a merge patch must be a JSON object');
  refuseDirectives(patch, '');
  return merging(kind, patch, fieldValidationOf(call.query));
}

function merging(kind: KindDefinition, patch: Record<string, unknown>, validation: FieldValidation): Strategy {
  const expected = isMap(patch['metadata']) ? patch['metadata'] : {};
  return (stored) => ({ ...decodeValue(kind, applyMergePatch(stored, patch), validation), expected });
}

function refuseDirectives(patch: Record<string, unknown>, path: string): void {
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) throw badRequest(`${path}${key}: patch directives are not served; send a merge patch`);
    if (isMap(value)) refuseDirectives(value, `${path}${key}.`);
  }
}
