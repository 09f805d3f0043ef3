import type { ApiObject, FieldError } from '#libs/apimachinery';

/** As Kubernetes: all values together, decoded. */
const maxBytes = 1024 * 1024;

export function validateSecret(object: ApiObject): FieldError[] {
  let bytes = 0;
  for (const value of Object.values(dataOf(object))) bytes += Buffer.byteLength(value, 'base64');
  if (bytes <= maxBytes) return [];
  return [
    { path: 'data', reason: 'TooLong', message: `the values are ${bytes} bytes together; at most ${maxBytes} fit` },
  ];
}

export function validateSecretUpdate(stored: ApiObject, next: ApiObject): FieldError[] {
  const errors: FieldError[] = [];
  if ((stored['type'] ?? 'Opaque') !== (next['type'] ?? 'Opaque')) {
    errors.push({
      path: 'type',
      reason: 'Invalid',
      message: 'field is immutable; delete the Secret and create it anew, or leave the type as it is',
    });
  }
  if (stored['immutable'] !== true) return errors;
  if (next['immutable'] !== true) {
    errors.push({
      path: 'immutable',
      reason: 'Forbidden',
      message: "can't be unset; delete the Secret and create it anew",
    });
  }
  const before = dataOf(stored);
  const after = dataOf(next);
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  if ([...names].some((name) => before[name] !== after[name])) {
    errors.push({
      path: 'data',
      reason: 'Forbidden',
      message: 'the Secret is immutable; create another one and name it where this one is used',
    });
  }
  return errors;
}

/** Names entries, never their values. */
export function secretWarnings(object: ApiObject): string[] {
  return Object.entries(dataOf(object))
    .filter(([, value]) => Buffer.from(value, 'base64').at(-1) === 0x0a)
    .map(([name]) => `data.${name}: ends with a line break, which is left out where the value is used as an API key`);
}

function dataOf(object: ApiObject): Record<string, string> {
  return (object['data'] as Record<string, string> | undefined) ?? {};
}
