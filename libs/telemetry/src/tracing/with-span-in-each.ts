import type { Tracer } from '@opentelemetry/api';
import { type RunningSpan, type SpanOptions, withSpan } from './with-span.js';

/**
 * Runs `fn` once, inside one span in each of these traces: for work that several requests asked for together. No
 * parent: one span in a trace of its own.
 */
export function withSpanInEach<T>(
  tracer: Tracer,
  name: string,
  parents: readonly string[],
  options: Omit<SpanOptions, 'parent'>,
  fn: (spans: readonly RunningSpan[]) => T | Promise<T>,
): Promise<T> {
  const open = (left: readonly (string | undefined)[], spans: readonly RunningSpan[]): Promise<T> => {
    const [parent, ...others] = left;
    return withSpan(tracer, name, { ...options, parent }, (span) => {
      const all = [...spans, span];
      return others.length > 0 ? open(others, all) : fn(all);
    });
  };
  return open(parents.length > 0 ? parents : [undefined], []);
}
