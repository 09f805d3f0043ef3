/** The value below which `fraction` of the sample lies, by nearest rank. NaN for an empty sample. */
export function percentile(sample: readonly number[], fraction: number): number {
  if (sample.length === 0) return Number.NaN;
  const sorted = [...sample].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * fraction) - 1))] ?? Number.NaN;
}

export function median(sample: readonly number[]): number {
  return percentile(sample, 0.5);
}

/** A median with its quartiles. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function spreadOf(sample: readonly number[]): Spread {
  return { median: median(sample), low: percentile(sample, 0.25), high: percentile(sample, 0.75) };
}

/** Fisher-Yates; order within a round must not favour a variant. */
export function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items];
  for (let index = result.length - 1; index > 0; index -= 1) {
    const other = Math.floor(Math.random() * (index + 1));
    [result[index], result[other]] = [result[other] as T, result[index] as T];
  }
  return result;
}
