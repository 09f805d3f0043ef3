import { z } from 'zod';

/**
 * Text of a bounded length and a form. The length comes first and ends the check: a pattern never meets more text than the
 * field may hold, whatever a client sends.
 */
export const boundedText = (max: number, pattern: RegExp, error: string): z.ZodString =>
  z.string().max(max, { abort: true }).regex(pattern, { error });
