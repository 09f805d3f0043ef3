import type { ReconcileResult } from '#libs/reconcile';
import type { MetricsRegistry } from '#libs/telemetry';

/** Counts the runs of one controller, by result. */
export function countReconciles(
  metrics: MetricsRegistry,
  controller: string,
): (result: ReconcileResult, amount: number) => void {
  const runs = metrics.counter('signalbox_reconciles_total', 'Runs of a controller, by what they came to.', [
    'controller',
    'result',
  ]);
  return (result, amount) => runs.handle(controller, result).add(amount);
}
