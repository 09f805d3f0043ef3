import { z } from 'zod';

/** A step into a value: a member's name, an item of a list, an entry of a map, or the name of such an entry. */
export type SchemaStep = string | typeof item | typeof entry | typeof entryName;
export const item = Symbol('item');
export const entry = Symbol('entry');
export const entryName = Symbol('entry name');

export interface SchemaPlace {
  readonly path: readonly SchemaStep[];
  readonly schema: z.ZodType;
}

/** Every place of a schema where a value stands, the schema itself first. */
export function* schemaPlaces(schema: z.ZodType, path: readonly SchemaStep[] = []): Generator<SchemaPlace> {
  if (schema instanceof z.ZodOptional) {
    yield* schemaPlaces(schema.unwrap() as z.ZodType, path);
    return;
  }
  yield { path, schema };
  if (schema instanceof z.ZodArray) yield* schemaPlaces(schema.element as z.ZodType, [...path, item]);
  else if (schema instanceof z.ZodRecord) {
    yield { path: [...path, entryName], schema: schema.keyType as z.ZodType };
    yield* schemaPlaces(schema.valueType as z.ZodType, [...path, entry]);
  } else if (schema instanceof z.ZodObject) {
    for (const [name, member] of Object.entries(schema.shape)) {
      yield* schemaPlaces(member as z.ZodType, [...path, name]);
    }
  }
}

/** A copy of `target` with `value` at the place: as the first item of a list, under the name `entry` of a map. */
export function withValueAt(target: unknown, path: readonly SchemaStep[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (step === item) {
    const [first, ...others] = Array.isArray(target) ? (target as unknown[]) : [];
    return [withValueAt(first, rest, value), ...others];
  }
  const map = typeof target === 'object' && target !== null ? (target as Record<string, unknown>) : {};
  if (step === entryName) return { ...map, [String(value)]: '' };
  const name = step === entry ? 'entry' : step;
  return { ...map, [name]: withValueAt(map[name], rest, value) };
}
