import type { ApiObject, Condition, PrinterColumn } from '#libs/apimachinery';

/** Columns that several kinds share, and how a column reads an object that may lack anything. */
export const ageColumn: PrinterColumn = {
  name: 'Age',
  type: 'date',
  description: 'Time since the object was created.',
  value: (object) => object.metadata.creationTimestamp ?? null,
};

export const readyColumn: PrinterColumn = {
  name: 'Ready',
  type: 'string',
  description: 'Whether every data plane serves this object as it is written.',
  value: (object) => conditionOf(object, 'Ready')?.status ?? null,
};

export const reasonColumn: PrinterColumn = {
  name: 'Reason',
  type: 'string',
  description: 'Why the object is ready or not.',
  priority: 1,
  value: (object) => conditionOf(object, 'Ready')?.reason ?? null,
};

function conditionOf(object: ApiObject, type: string): Condition | undefined {
  const conditions = object.status?.['conditions'];
  if (!Array.isArray(conditions)) return undefined;
  return (conditions as Condition[]).find((condition) => condition.type === type);
}

/** A member at a dotted path if it is a scalar, else null. */
export function scalarAt(object: unknown, ...path: string[]): string | number | boolean | null {
  let value: unknown = object;
  for (const name of path) value = (value as Record<string, unknown> | null | undefined)?.[name];
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

/** Length of a list at a dotted path; 0 where there is none. */
export function countAt(object: unknown, ...path: string[]): number {
  let value: unknown = object;
  for (const name of path) value = (value as Record<string, unknown> | null | undefined)?.[name];
  return Array.isArray(value) ? value.length : 0;
}
