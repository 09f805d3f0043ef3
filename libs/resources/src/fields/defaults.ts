import { z } from 'zod';

/**
 * Defaults live in the schemas and nowhere else: `optionalWithDefault` and `section` mark a field as filled, `fill`
 * reads the marks, and `Effective` is the type of what comes out. They are never stored, so a better default reaches
 * every object, and an apply of what was got changes nothing.
 */
declare const filled: unique symbol;
type Filled = { readonly [filled]: true };

const fillings = new WeakMap<z.ZodType, () => unknown>();

/** An optional field that `fill` sets to `value` where it is absent. `value` is also the `default` of the JSON Schema. */
export function optionalWithDefault<Schema extends z.ZodType>(
  schema: Schema,
  value: z.infer<Schema>,
): z.ZodOptional<Schema> & Filled {
  const optional = schema.meta({ ...schema.meta(), default: value }).optional();
  fillings.set(optional, () => value);
  return optional as z.ZodOptional<Schema> & Filled;
}

/** An optional object that `fill` makes where it is absent, so that the defaults inside it hold. */
export function section<Shape extends z.ZodRawShape>(
  shape: Shape,
  description: string,
): z.ZodOptional<z.ZodObject<Shape, z.core.$strict>> & Filled {
  const optional = z.strictObject(shape).meta({ description }).optional();
  fillings.set(optional, () => ({}));
  return optional as z.ZodOptional<z.ZodObject<Shape, z.core.$strict>> & Filled;
}

type FilledKeys<Shape extends z.ZodRawShape> = {
  [Key in keyof Shape]: Shape[Key] extends Filled ? Key : Shape[Key] extends z.ZodOptional ? never : Key;
}[keyof Shape];

/** A schema's value once its defaults are filled in: filled fields are no longer optional. */
export type Effective<Schema> =
  Schema extends z.ZodOptional<infer Inner>
    ? Effective<Inner>
    : Schema extends z.ZodObject<infer Shape>
      ? { [Key in FilledKeys<Shape>]: Effective<Shape[Key]> } & {
          [Key in Exclude<keyof Shape, FilledKeys<Shape>>]?: Effective<Shape[Key]>;
        }
      : Schema extends z.ZodArray<infer Item>
        ? Effective<Item>[]
        : z.infer<Schema>;

/** A copy of `value` with every default of the schema filled in. `value` must satisfy the schema. */
export function fill<Schema extends z.ZodType>(schema: Schema, value: z.infer<Schema>): Effective<Schema> {
  return fillAny(schema, value) as Effective<Schema>;
}

function fillAny(schema: z.ZodType, value: unknown): unknown {
  let filler = fillers.get(schema);
  if (filler === undefined) {
    filler = makeFiller(schema);
    fillers.set(schema, filler);
  }
  return filler(value);
}

type Filler = (value: unknown) => unknown;

/** Schemas are walked once; objects are filled by the thousand. */
const fillers = new WeakMap<z.ZodType, Filler>();

function makeFiller(schema: z.ZodType): Filler {
  if (schema instanceof z.ZodOptional) return (value) => fillAny(schema.unwrap() as z.ZodType, value);
  if (schema instanceof z.ZodArray) {
    return (value) => (value as unknown[]).map((item) => fillAny(schema.element as z.ZodType, item));
  }
  if (schema instanceof z.ZodRecord) return (value) => ({ ...(value as object) });
  return schema instanceof z.ZodObject ? objectFiller(schema) : (value) => value;
}

function objectFiller(schema: z.ZodObject): Filler {
  const members = Object.entries(schema.shape).map(([name, member]) => ({
    name,
    schema: member as z.ZodType,
    filling: fillings.get(member as z.ZodType),
  }));
  return (value) => {
    const result: Record<string, unknown> = {};
    for (const { name, schema, filling } of members) {
      const present = (value as Record<string, unknown>)[name] ?? filling?.();
      if (present !== undefined) result[name] = fillAny(schema, present);
    }
    return result;
  };
}
