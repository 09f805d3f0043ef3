import { z } from 'zod';

/**
 * A list of objects that Kubernetes clients merge by name: order is kept, a name stands once. Server-side apply and
 * `kubectl explain` read the two `x-kubernetes` marks.
 */
export function listByName<Item extends z.ZodObject<{ name: z.ZodString }>>(
  item: Item,
  options: {
    description: string;
    min?: number;
    max: number;
    /** Two names with one identity are duplicates; HTTP header names differ in more than case only. */
    identity?: (name: string) => string;
  },
): z.ZodArray<Item> {
  const identity = options.identity ?? ((name) => name);
  return z
    .array(item)
    .min(options.min ?? 0)
    .max(options.max)
    .superRefine((items, context) => {
      const seen = new Set<string>();
      items.forEach((entry, index) => {
        const name = identity(entry.name);
        if (seen.has(name)) addDuplicate(context, [index, 'name'], 'another item of the list has this name');
        seen.add(name);
      });
    })
    .meta({
      description: options.description,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    });
}

/** A list of plain values without repetition. */
export function listAsSet<Item extends z.ZodType<string>>(
  item: Item,
  options: { description: string; min?: number; max: number },
): z.ZodArray<Item> {
  return z
    .array(item)
    .min(options.min ?? 0)
    .max(options.max)
    .superRefine((items, context) => {
      const seen = new Set<string>();
      items.forEach((value, index) => {
        if (seen.has(value)) addDuplicate(context, [index], 'this value stands in the list already');
        seen.add(value);
      });
    })
    .meta({ description: options.description, 'x-kubernetes-list-type': 'set' });
}

/** A list that is replaced as a whole: its items have no name to merge by. */
export function atomicList<Item extends z.ZodObject>(
  item: Item,
  options: { description: string; min?: number; max: number },
): z.ZodArray<Item> {
  return z
    .array(item)
    .min(options.min ?? 0)
    .max(options.max)
    .meta({ description: options.description, 'x-kubernetes-list-type': 'atomic' });
}

/** For `superRefine`: no two items with the same text under the key. */
export function uniqueBy<Key extends string>(key: Key) {
  return (items: readonly Record<Key, string>[], context: z.core.$RefinementCtx): void => {
    const seen = new Set<string>();
    items.forEach((item, index) => {
      if (seen.has(item[key])) addDuplicate(context, [index, key], `another item of the list has this ${key}`);
      seen.add(item[key]);
    });
  };
}

function addDuplicate(context: z.core.$RefinementCtx, path: (string | number)[], message: string): void {
  context.addIssue({
    code: 'custom',
    path,
    message: `${message}; remove one of them`,
    params: { reason: 'Duplicate' },
  });
}
