import type { z } from 'zod';
import type { ApiObject, FieldError, KindDefinition } from '#libs/resources';
import { childPath, fieldPath } from './field-path.js';
import { isMap } from './json-map.js';
import { unknownMetadataFields, validateMetadata } from './metadata.js';
import { badRequest } from './status.js';

/** What to do about fields that don't exist (query parameter `fieldValidation`). */
export const fieldValidations = ['Strict', 'Warn', 'Ignore'] as const;
export type FieldValidation = (typeof fieldValidations)[number];

export interface Decoded {
  /** Without unknown fields. */
  readonly object: ApiObject;
  /** Wrong types, missing fields, malformed metadata: a 422. */
  readonly errors: FieldError[];
  /** For `Warning` headers. */
  readonly warnings: string[];
}

export const apiVersionOf = (kind: Pick<KindDefinition, 'group' | 'version'>): string =>
  kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;

/**
 * Decodes a client's object against its kind's schema. `status` isn't checked: the server drops it or checks it on its own.
 * Throws a 400 where the value isn't an object of this kind at all, or has unknown fields under `Strict`.
 */
export function decodeObject(kind: KindDefinition, value: unknown, validation: FieldValidation): Decoded {
  checkKind(kind, value);
  const { unknown, errors } = check(kind, value);
  if (unknown.length === 0) return { object: value, errors, warnings: [] };
  const findings = unknown.map((path) => `unknown field ${JSON.stringify(fieldPath(path))}`);
  if (validation === 'Strict') {
    throw badRequest(
      `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${findings.join(', ')}`,
      unknown.map((path) => ({ reason: 'FieldValueInvalid', message: 'unknown field', field: fieldPath(path) })),
    );
  }
  const object = structuredClone(value);
  for (const path of unknown) removeAt(object, path);
  return { object, errors: check(kind, object).errors, warnings: validation === 'Warn' ? findings : [] };
}

function checkKind(kind: KindDefinition, value: unknown): asserts value is ApiObject {
  if (!isMap(value)) throw badRequest(`the body must be one ${kind.kind} object`);
  const apiVersion = apiVersionOf(kind);
  if (value.apiVersion !== apiVersion || value.kind !== kind.kind) {
    const given = [value.apiVersion, value.kind].map((text) =>
      typeof text === 'string' ? text.slice(0, 100) : 'nothing',
    );
    throw badRequest(
      `apiVersion and kind: expected ${apiVersion} and ${kind.kind}, as the address has them; got ${given[0]} and ${given[1]}`,
    );
  }
}

function check(kind: KindDefinition, object: ApiObject): { unknown: PropertyKey[][]; errors: FieldError[] } {
  const { apiVersion: _version, kind: _kind, metadata, status: _status, ...content } = object;
  const unknown: PropertyKey[][] = unknownMetadataFields(metadata).map((key) => ['metadata', key]);
  const errors = validateMetadata(kind, metadata);
  const result = kind.content.safeParse(content, { reportInput: true });
  for (const issue of result.error?.issues ?? []) {
    if (issue.code === 'unrecognized_keys') unknown.push(...issue.keys.map((key) => [...issue.path, key]));
    else errors.push(...fieldErrors(issue, []));
  }
  return { unknown, errors };
}

function fieldErrors(issue: z.core.$ZodIssue, parent: readonly PropertyKey[]): FieldError[] {
  const path = [...parent, ...issue.path];
  const at = fieldPath(path);
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? [{ path: at, reason: 'Required', message: `give a value of type ${issue.expected}` }]
        : [
            {
              path: at,
              reason: 'TypeInvalid',
              message: `must be of type ${issue.expected}, is ${typeName(issue.input)}`,
            },
          ];
    case 'invalid_value':
      if (issue.input === undefined) return [{ path: at, reason: 'Required', message: oneOf(issue.values) }];
      return [{ path: at, reason: 'NotSupported', message: oneOf(issue.values) }];
    case 'invalid_key':
      return issue.issues.flatMap((inner) => fieldErrors(inner, path));
    case 'too_big':
      return [{ path: at, reason: issue.origin === 'array' ? 'TooMany' : 'Invalid', message: issue.message }];
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: childPath(at, key), reason: 'Unknown', message: 'remove it' }));
    default:
      return [{ path: at, reason: 'Invalid', message: issue.message }];
  }
}

const oneOf = (values: readonly unknown[]): string =>
  `must be one of ${values.map((value) => String(value)).join(', ')}`;

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function removeAt(object: unknown, path: readonly PropertyKey[]): void {
  const parent = path.slice(0, -1).reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], object);
  delete (parent as Record<PropertyKey, unknown>)[path.at(-1)!];
}
