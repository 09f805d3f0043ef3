import type { FieldError } from './kind.js';

/** `reason` of a Kubernetes Status: what a client may branch on. */
export type StatusReason =
  | 'AlreadyExists'
  | 'BadRequest'
  | 'Conflict'
  | 'Expired'
  | 'Forbidden'
  | 'InternalError'
  | 'Invalid'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'NotFound'
  | 'RequestEntityTooLarge'
  | 'ServiceUnavailable'
  | 'Timeout'
  | 'TooManyRequests'
  | 'Unauthorized'
  | 'UnsupportedMediaType';

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  /** Path of the field in Kubernetes form: `spec.keys[0].weight`. */
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** The answer to everything that isn't an object (meta/v1 Status). */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Record<string, never>;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: StatusReason;
  readonly details?: StatusDetails;
  readonly code: number;
}

/** A refusal as the API answers it. Made by the constructors below alone, so code, reason and message can't disagree. */
export class ApiError extends Error {
  constructor(
    readonly code: number,
    readonly reason: StatusReason,
    message: string,
    readonly details: StatusDetails = {},
  ) {
    super(message);
    this.name = 'ApiError';
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(Object.keys(this.details).length > 0 && { details: this.details }),
      code: this.code,
    };
  }
}

/** What an error needs to know of a kind. */
export interface KindName {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
}

/** `providers.signalbox.dev`; `secrets` in the core group. */
export function resourceName(kind: Pick<KindName, 'group' | 'plural'>): string {
  return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
}

const details = (kind: KindName, name: string): StatusDetails => ({
  ...(name !== '' && { name }),
  ...(kind.group && { group: kind.group }),
  kind: kind.plural,
});

export const notFound = (kind: KindName, name: string): ApiError =>
  new ApiError(404, 'NotFound', `${resourceName(kind)} "${name}" not found`, details(kind, name));

/** What `notFound` makes. */
export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.code === 404;

/** No such path or API; `notFound` is for a missing object. */
export const noSuchResource = (): ApiError =>
  new ApiError(404, 'NotFound', 'the server could not find the requested resource');

export const alreadyExists = (kind: KindName, name: string): ApiError =>
  new ApiError(409, 'AlreadyExists', `${resourceName(kind)} "${name}" already exists`, details(kind, name));

/** `message` says what has to be done: read again, another uid, ... */
export const conflict = (
  kind: KindName,
  name: string,
  message = 'the object has been modified; please apply your changes to the latest version and try again',
): ApiError =>
  new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${resourceName(kind)} "${name}": ${message}`,
    details(kind, name),
  );

const causeReasons: Record<FieldError['reason'], string> = {
  Required: 'FieldValueRequired',
  Invalid: 'FieldValueInvalid',
  Forbidden: 'FieldValueForbidden',
  NotSupported: 'FieldValueNotSupported',
  Duplicate: 'FieldValueDuplicate',
  TypeInvalid: 'FieldValueTypeInvalid',
  TooLong: 'FieldValueTooLong',
  TooMany: 'FieldValueTooMany',
  Unknown: 'FieldValueInvalid',
};
const causeWords: Record<FieldError['reason'], string> = {
  Required: 'Required value',
  Invalid: 'Invalid value',
  Forbidden: 'Forbidden',
  NotSupported: 'Unsupported value',
  Duplicate: 'Duplicate value',
  TypeInvalid: 'Invalid value',
  TooLong: 'Too long',
  TooMany: 'Too many',
  Unknown: 'Unknown field',
};

/** An answer names no more findings than a person reads; a body of 3 MB can have hundreds of thousands. */
export const MAX_CAUSES = 100;

/** `, and 7 more` behind a list that was cut. */
export const andMore = (count: number): string => (count > MAX_CAUSES ? `, and ${count - MAX_CAUSES} more` : '');

function listed(causes: readonly StatusCause[], count: number): string {
  const lines = causes.map(({ field = '', message }) => (field === '' ? message : `${field}: ${message}`));
  return lines.length === 1 ? lines[0]! : `[${lines.join(', ')}${andMore(count)}]`;
}

const causeOf = (error: FieldError, field: string): StatusCause => ({
  reason: causeReasons[error.reason],
  message: error.reason === 'Unknown' ? error.message : `${causeWords[error.reason]}: ${error.message}`,
  field,
});

/** 422: every finding becomes a cause with its path. `errors` must not be empty. */
export function invalid(kind: KindName, name: string, errors: readonly FieldError[]): ApiError {
  const causes = errors.slice(0, MAX_CAUSES).map((error) => causeOf(error, error.path));
  const group = kind.group === '' ? '' : `.${kind.group}`;
  return new ApiError(422, 'Invalid', `${kind.kind}${group} "${name}" is invalid: ${listed(causes, errors.length)}`, {
    ...(name !== '' && { name }),
    ...(kind.group && { group: kind.group }),
    kind: kind.kind,
    causes,
  });
}

/** One finding of one document of several. */
export interface DocumentFinding {
  /** Of the field where it has one: `document 2, line 14`. */
  readonly place: string;
  readonly error: FieldError;
  /** It is no object of any kind, or has a field that doesn't exist: a 400 where all findings are so. */
  readonly malformed: boolean;
}

/** 400 or 422 for several objects at once: every finding with its place. `findings` must not be empty; `count`: of all. */
export function invalidDocuments(findings: readonly DocumentFinding[], count: number): ApiError {
  const causes = findings.map(({ place, error, malformed }) => ({
    ...causeOf(
      malformed ? { ...error, reason: 'Unknown' } : error,
      error.path === '' ? place : `${place}: ${error.path}`,
    ),
  }));
  const head = count === 1 ? '' : `${count} findings, so nothing was applied: `;
  const message = `${head}${listed(causes, count)}`;
  const malformed = findings.every((finding) => finding.malformed);
  return new ApiError(malformed ? 400 : 422, malformed ? 'BadRequest' : 'Invalid', message, { causes });
}

/** The same refusal, with the place of the object in front, one of many documents, and maybe a hint behind. */
export const at = (place: string, error: ApiError, hint = ''): ApiError =>
  new ApiError(error.code, error.reason, `${place}: ${error.message}${hint}`, error.details);

export const badRequest = (message: string, causes?: readonly StatusCause[]): ApiError =>
  new ApiError(400, 'BadRequest', message, causes ? { causes } : {});

export const unauthorized = (message = 'Unauthorized'): ApiError => new ApiError(401, 'Unauthorized', message);

/** `kind` and `name` absent: a path that is no resource. */
export function forbidden(message: string, kind?: KindName, name = ''): ApiError {
  if (!kind) return new ApiError(403, 'Forbidden', `forbidden: ${message}`);
  const object = `${resourceName(kind)}${name === '' ? '' : ` "${name}"`}`;
  return new ApiError(403, 'Forbidden', `${object} is forbidden: ${message}`, details(kind, name));
}

export const methodNotAllowed = (
  message = 'the server does not allow this method on the requested resource',
): ApiError => new ApiError(405, 'MethodNotAllowed', message);

export const notAcceptable = (message: string): ApiError => new ApiError(406, 'NotAcceptable', message);

export const unsupportedMediaType = (message: string): ApiError => new ApiError(415, 'UnsupportedMediaType', message);

export const requestEntityTooLarge = (message: string): ApiError => new ApiError(413, 'RequestEntityTooLarge', message);

/** 410: a compacted or future resourceVersion, or a stale `continue` token. The client lists again. */
export const expired = (message: string): ApiError => new ApiError(410, 'Expired', message);

export const serviceUnavailable = (message: string, retryAfterSeconds = 1): ApiError =>
  new ApiError(503, 'ServiceUnavailable', message, { retryAfterSeconds });

/** The cause belongs into the log, never into the answer. */
export const internal = (message = 'internal error; the log of the control plane has the cause'): ApiError =>
  new ApiError(500, 'InternalError', message);

export function success(details?: StatusDetails): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', ...(details && { details }), code: 200 };
}
