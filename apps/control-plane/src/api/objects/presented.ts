import { type ApiObject, type FieldError, invalid, type KindDefinition } from '#libs/apimachinery';

/**
 * What a read shows in place of a value. It is valid base64, so that typed clients decode it, and reads as a word once
 * decoded. Written back it means "the value that is stored": what was read can be applied again without harm.
 */
export const MASK = Buffer.from('<redacted>').toString('base64');

/** An object as clients see it: of a sensitive one the keys of its data, never the values. */
export function presented(kind: KindDefinition, object: ApiObject): ApiObject {
  const shown = masked(kind, object);
  return kind.present?.(shown) ?? shown;
}

function masked(kind: KindDefinition, object: ApiObject): ApiObject {
  if (!kind.sensitive || object['data'] === undefined) return object;
  const keys = Object.keys(object['data'] as object);
  return { ...object, data: Object.fromEntries(keys.map((key) => [key, MASK])) };
}

/** Puts the stored values where a write has the mask. Throws a 422 where there is none: the mask is never stored. */
export function unmasked(kind: KindDefinition, object: ApiObject, stored: ApiObject | undefined): ApiObject {
  if (!kind.sensitive || object['data'] === undefined) return object;
  const before = (stored?.['data'] ?? {}) as Record<string, string>;
  const errors: FieldError[] = [];
  const data = Object.fromEntries(
    Object.entries(object['data'] as Record<string, string>).map(([key, value]) => {
      if (value !== MASK) return [key, value];
      if (!Object.hasOwn(before, key)) {
        const message = 'this is the mask that reads show, and no value is stored under the key; give the value itself';
        errors.push({ path: `data[${key}]`, reason: 'Invalid', message });
      }
      return [key, before[key]];
    }),
  );
  if (errors.length > 0) throw invalid(kind, object.metadata.name, errors);
  return { ...object, data };
}
