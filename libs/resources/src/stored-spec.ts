import { isMap } from '#libs/apimachinery';

/** Ways into what is stored, which may be older than its schema: what isn't as expected is as if it weren't there. */
export function mapAt(value: unknown, ...path: string[]): Readonly<Record<string, unknown>> {
  let inner: unknown = value;
  for (const name of path) inner = isMap(inner) ? inner[name] : undefined;
  return isMap(inner) ? inner : {};
}

export function listAt(value: unknown, name: string): readonly unknown[] {
  const list = isMap(value) ? value[name] : undefined;
  return Array.isArray(list) ? (list as unknown[]) : [];
}

export function textAt(value: unknown, name: string): string | undefined {
  const text = isMap(value) ? value[name] : undefined;
  return typeof text === 'string' ? text : undefined;
}
