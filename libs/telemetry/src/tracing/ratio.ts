const TWO_TO_THE_32 = 2 ** 32;

/**
 * Whether a root trace belongs to the sampled share. It reads the last 32 bits of the id, which W3C Trace Context level 2
 * wants random, so that every process decides the same for one trace.
 */
export function ratioSelects(traceId: string, ratio: number): boolean {
  if (ratio >= 1) return true;
  return Number.parseInt(traceId.slice(-8), 16) < ratio * TWO_TO_THE_32;
}
