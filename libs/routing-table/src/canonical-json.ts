/**
 * JSON in one spelling only, so that equal values have equal bytes: members sorted by UTF-16 code units, no blanks,
 * numbers and strings as ECMAScript writes them (the rules of RFC 8785), UTF-8.
 *
 * Throws a TypeError that names the path for whatever JSON would drop, round or guess at: undefined, NaN, infinities,
 * functions, symbols, bigints and objects with a prototype of their own (Date, Map, class instances).
 */
export function canonicalJson(value: unknown): Uint8Array<ArrayBuffer> {
  return encoder.encode(write(value, '$'));
}

const encoder = new TextEncoder();

function write(value: unknown, path: string): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${path}: ${value} has no JSON form`);
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? writeArray(value, path) : writeObject(value, path);
    default:
      throw new TypeError(`${path}: ${typeof value} has no JSON form; leave the member out`);
  }
}

function writeArray(items: readonly unknown[], path: string): string {
  // Array.from visits holes too, which `map` would skip and `join` would print as nothing.
  return `[${Array.from(items, (item, index) => write(item, `${path}[${index}]`)).join(',')}]`;
}

function writeObject(value: object, path: string): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`${path}: only plain objects have a canonical form, not ${value.constructor?.name}`);
  }
  const members = Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${write(member, `${path}.${name}`)}`);
  return `{${members.join(',')}}`;
}
