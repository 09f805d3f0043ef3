import { setImmediate } from 'node:timers/promises';

/**
 * Lets long work share a thread with requests: after each step ask `due`, and `yield` if so. Everything pending on the
 * event loop runs before the work goes on.
 */
export class TimeSlices {
  private startedAtMs: number;

  constructor(
    private readonly sliceMs = 3,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.startedAtMs = nowMs();
  }

  get due(): boolean {
    return this.nowMs() - this.startedAtMs >= this.sliceMs;
  }

  async yield(): Promise<void> {
    await setImmediate();
    this.startedAtMs = this.nowMs();
  }
}
