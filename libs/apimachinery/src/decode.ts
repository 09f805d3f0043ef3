import { type ApiObject, apiVersionOf, type FieldError, type KindDefinition } from './kind.js';
import { fieldPath } from './field-path.js';
import { schemaErrors } from './schema-errors.js';
import { isMap } from './json-map.js';
import { unknownMetadataFields, validateMetadata } from './metadata.js';
import { andMore, badRequest, MAX_CAUSES } from './status.js';

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

/**
 * Decodes a client's object against its kind's schema. `status` isn't checked: the server drops it or checks it on its own.
 * Throws a 400 where the value isn't an object of this kind at all, or has unknown fields under `Strict`.
 */
export function decodeObject(kind: KindDefinition, value: unknown, validation: FieldValidation): Decoded {
  checkKind(kind, value);
  const { unknown, errors } = findingsOf(kind, value);
  if (unknown.length === 0) return { object: value, errors, warnings: [] };
  const findings = unknown.slice(0, MAX_CAUSES).map((field) => `unknown field ${JSON.stringify(field.path)}`);
  if (validation === 'Strict') {
    throw badRequest(
      `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${findings.join(', ')}${andMore(unknown.length)}`,
      unknown.slice(0, MAX_CAUSES).map(({ path, message }) => ({ reason: 'FieldValueInvalid', message, field: path })),
    );
  }
  const object = structuredClone(value);
  removeUnknown(kind, object);
  return { object, errors: findingsOf(kind, object).errors, warnings: validation === 'Warn' ? findings : [] };
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

/** What is wrong with an object of this kind by its schema; fields that don't exist stand apart. Throws nothing. */
export function findingsOf(kind: KindDefinition, object: ApiObject): { unknown: FieldError[]; errors: FieldError[] } {
  const findings = schemaErrors(kind.content, contentOf(object));
  const unknownMetadata = unknownMetadataFields(object.metadata).map((key): FieldError => ({
    path: fieldPath(['metadata', key]),
    reason: 'Unknown',
    message: 'unknown field; remove it',
  }));
  return {
    unknown: [...unknownMetadata, ...findings.filter((finding) => finding.reason === 'Unknown')],
    errors: [...validateMetadata(kind, object.metadata), ...findings.filter((finding) => finding.reason !== 'Unknown')],
  };
}

function contentOf(object: ApiObject): Record<string, unknown> {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, status: _status, ...content } = object;
  return content;
}

function removeUnknown(kind: KindDefinition, object: ApiObject): void {
  for (const key of unknownMetadataFields(object.metadata)) delete object.metadata[key];
  for (const issue of kind.content.safeParse(contentOf(object)).error?.issues ?? []) {
    if (issue.code !== 'unrecognized_keys') continue;
    const parent = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], object);
    for (const key of issue.keys) delete (parent as Record<string, unknown>)[key];
  }
}
