import { MASK } from './mask-secrets.js';

/** Field names whose values are never logged, compared without case, `-` and `_`. */
const SECRET_NAMES = new Set([
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'apikey',
  'xapikey',
  'xgoogapikey',
  'token',
  'accesstoken',
  'refreshtoken',
  'authtoken',
  'bearertoken',
  'idtoken',
  'clientsecret',
  'secret',
  'secretkey',
  'secretaccesskey',
  'password',
  'passphrase',
  'credentialvalue',
  'privatekey',
  'masterkey',
  'statekey',
  'signingkey',
  'versionkey',
  'keypem',
  // A Secret object's payload.
  'data',
  'stringdata',
]);
const MAX_DEPTH = 8;
const MAX_ITEMS = 200;

/**
 * A copy for the log: values under secret names masked at any depth, errors reduced to type, message, stack, code and
 * cause (their other properties may be a whole request with its headers), binary data and deep nesting left out.
 */
export function redactFields(fields: object): Record<string, unknown> {
  return redactObject(fields, 0);
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (value instanceof Map || value instanceof Set) return redactValue([...value], depth);
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redactValue(item, depth + 1));
  return redactObject(value, depth + 1);
}

function redactObject(value: object, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value).slice(0, MAX_ITEMS)) {
    copy[name] = item != null && isSecretName(name) ? MASK : redactValue(item, depth);
  }
  return copy;
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    type: name,
    message,
    stack,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(cause !== undefined && depth < MAX_DEPTH && { cause: redactValue(cause, depth + 1) }),
  };
}

function isSecretName(name: string): boolean {
  return SECRET_NAMES.has(name.toLowerCase().replaceAll(/[-_]/g, ''));
}
