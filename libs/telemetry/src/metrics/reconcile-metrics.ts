import type { MetricsRegistry } from './registry.js';

/** Counts the runs of one controller, by result. */
export function countReconciles(
  metrics: MetricsRegistry,
  controller: string,
): (result: string, amount: number) => void {
  const runs = metrics.counter('signalbox_reconciles_total', 'Runs of a controller, by what they came to.', [
    'controller',
    'result',
  ]);
  return (result, amount) => runs.handle(controller, result).add(amount);
}
