import { setImmediate as othersTurn } from 'node:timers/promises';

/** As long as one who asks meanwhile may have to wait. */
const SLICE_MS = 10;

/** Runs the steps to their end, and lets others have their turn every few milliseconds. */
export async function inSlices<Result>(
  steps: Generator<void, Result>,
  nowMs = () => performance.now(),
): Promise<Result> {
  for (;;) {
    const endMs = nowMs() + SLICE_MS;
    do {
      const step = steps.next();
      if (step.done) return step.value;
    } while (nowMs() < endMs);
    await othersTurn();
  }
}
