import type { ValueTransformer } from 'typeorm';

/** Revisions and counters stay far below 2^53: they are numbers in code, though the driver reads bigint as text. */
const asNumber: ValueTransformer = {
  from: (value: string | null): number | null => (value === null ? null : Number(value)),
  to: (value: number | null): number | null => value,
};

export const bigintColumn = { type: 'bigint', transformer: asNumber } as const;
/** Compared by bytes. */
export const nameColumn = { type: 'text', collation: 'C' } as const;
