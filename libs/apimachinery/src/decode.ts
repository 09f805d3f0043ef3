import { z } from 'zod';
import { type ApiObject, apiVersionOf, type FieldError, type KindDefinition } from './kind.js';
import { fieldPath } from './field-path.js';
import { didYouMean } from './nearest.js';
import { schemaErrors } from './schema-errors.js';
import { isMap } from './json-map.js';
import { unknownMetadataFields, validateMetadata } from './metadata.js';
import { withoutDropped } from './server-set.js';
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
  if (unknown.length === 0) return { object: kept(value), errors, warnings: [] };
  const findings = unknown.slice(0, MAX_CAUSES).map((field) => `unknown field ${JSON.stringify(field.path)}`);
  if (validation === 'Strict') {
    throw badRequest(
      `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${findings.join(', ')}${andMore(unknown.length)}`,
      unknown.slice(0, MAX_CAUSES).map(({ path, message }) => ({ reason: 'FieldValueInvalid', message, field: path })),
    );
  }
  const object = structuredClone(kept(value));
  removeUnknown(kind, object);
  return { object, errors: findingsOf(kind, object).errors, warnings: validation === 'Warn' ? findings : [] };
}

/** What a `/status` write says, judged by the kind's schema as its content is judged by another. `status`: without unknown fields. */
export interface DecodedStatus {
  readonly status: ApiObject['status'];
  readonly errors: readonly FieldError[];
  readonly warnings: readonly string[];
}

/** Throws a 400 for unknown fields under `Strict`. */
export function decodeStatus(kind: KindDefinition, status: unknown, validation: FieldValidation): DecodedStatus {
  const document = z.strictObject({ status: (kind.status ?? z.strictObject({})).optional() });
  const object = status === undefined ? {} : { status: structuredClone(status) };
  const findings = schemaErrors(document, object);
  const unknown = findings.filter(({ reason }) => reason === 'Unknown').slice(0, MAX_CAUSES);
  const warnings = unknown.map((field) => `unknown field ${JSON.stringify(field.path)}`);
  if (validation === 'Strict' && unknown.length > 0) {
    throw badRequest(
      `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${warnings.join(', ')}`,
      unknown.map(({ path, message }) => ({ reason: 'FieldValueInvalid', message, field: path })),
    );
  }
  if (unknown.length > 0) removeUnrecognised(document, object, object);
  return {
    status: object.status as ApiObject['status'],
    errors: schemaErrors(document, object),
    warnings: validation === 'Warn' ? warnings : [],
  };
}

/** Metadata that isn't an object is among the errors. */
const kept = (object: ApiObject): ApiObject =>
  isMap(object.metadata) ? { ...object, metadata: withoutDropped(object.metadata) as ApiObject['metadata'] } : object;

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

/** The schema of a kind's content doesn't know what every object has. */
function nearEnvelope(finding: FieldError): FieldError {
  const near = didYouMean(finding.path, ['apiVersion', 'kind', 'metadata']);
  return near === '' ? finding : { ...finding, message: `unknown field${near}` };
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
    unknown: [...unknownMetadata, ...findings.filter(({ reason }) => reason === 'Unknown').map(nearEnvelope)],
    errors: [...validateMetadata(kind, object.metadata), ...findings.filter((finding) => finding.reason !== 'Unknown')],
  };
}

function contentOf(object: ApiObject): Record<string, unknown> {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, status: _status, ...content } = object;
  return content;
}

function removeUnknown(kind: KindDefinition, object: ApiObject): void {
  for (const key of unknownMetadataFields(object.metadata)) delete object.metadata[key];
  removeUnrecognised(kind.content, contentOf(object), object);
}

/** Takes out of `root` what the schema finds unknown in `value`, which is `root` or shares its members. */
function removeUnrecognised(schema: z.ZodType, value: object, root: object): void {
  for (const issue of schema.safeParse(value).error?.issues ?? []) {
    if (issue.code !== 'unrecognized_keys') continue;
    const parent = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], root);
    for (const key of issue.keys) delete (parent as Record<string, unknown>)[key];
  }
}
