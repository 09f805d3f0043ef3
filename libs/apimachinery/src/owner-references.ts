import type { FieldError } from './kind.js';
import { isMap } from './json-map.js';

const PATH = 'metadata.ownerReferences';
const required = ['apiVersion', 'kind', 'name', 'uid'] as const;
const flags = ['controller', 'blockOwnerDeletion'] as const;
/** More than that nobody has, and `kubectl describe` would print them all. */
const MAX_OWNERS = 64;

/** Kubernetes' rules for owner references (ValidateOwnerReferences), each finding with the index of its item. */
export function validateOwnerReferences(references: unknown): FieldError[] {
  if (references === undefined) return [];
  if (!Array.isArray(references)) {
    return [{ path: PATH, reason: 'TypeInvalid', message: 'must be a list of {apiVersion, kind, name, uid}' }];
  }
  if (references.length > MAX_OWNERS) {
    return [{ path: PATH, reason: 'TooMany', message: `must have at most ${MAX_OWNERS} items` }];
  }
  const errors = references.flatMap((reference: unknown, index) => referenceErrors(reference, `${PATH}[${index}]`));
  const controllers = references.filter((reference: unknown) => isMap(reference) && reference['controller'] === true);
  if (controllers.length > 1) {
    errors.push({ path: PATH, reason: 'Invalid', message: 'only one reference can have controller: true' });
  }
  return errors;
}

function referenceErrors(reference: unknown, path: string): FieldError[] {
  if (!isMap(reference))
    return [{ path, reason: 'TypeInvalid', message: 'must be an object with apiVersion, kind, name and uid' }];
  const known: readonly string[] = [...required, ...flags];
  return [
    ...required.flatMap((name) => requiredErrors(reference[name], `${path}.${name}`)),
    ...flags.flatMap((name): FieldError[] =>
      [undefined, null, true, false].includes(reference[name] as boolean)
        ? []
        : [{ path: `${path}.${name}`, reason: 'TypeInvalid', message: 'must be true or false' }],
    ),
    ...Object.keys(reference)
      .filter((name) => !known.includes(name))
      .map((name): FieldError => ({
        path: `${path}.${name.slice(0, 100)}`,
        reason: 'Invalid',
        message: `unknown field; known here: ${known.join(', ')}`,
      })),
    ...versionErrors(reference, path),
  ];
}

function requiredErrors(value: unknown, path: string): FieldError[] {
  if (value === undefined || value === null || value === '')
    return [{ path, reason: 'Required', message: 'must not be empty' }];
  if (typeof value !== 'string') return [{ path, reason: 'TypeInvalid', message: 'must be a string' }];
  return value.length > 253 ? [{ path, reason: 'TooLong', message: 'must have at most 253 characters' }] : [];
}

function versionErrors({ apiVersion, kind }: Record<string, unknown>, path: string): FieldError[] {
  if (typeof apiVersion !== 'string' || apiVersion === '') return [];
  if (apiVersion.split('/').length > 2 || apiVersion.endsWith('/')) {
    return [
      { path: `${path}.apiVersion`, reason: 'Invalid', message: 'must be a version such as v1, or group/version' },
    ];
  }
  if (apiVersion !== 'v1' || kind !== 'Event') return [];
  return [{ path, reason: 'Invalid', message: 'v1, kind Event is disallowed from being an owner' }];
}
