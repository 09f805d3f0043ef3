import { Controller, ReconcileError, reconcileResults, type ReconcileAnswer } from './controller.js';
import type { Clock } from '#libs/clock';

/** Virtual time: `advance` runs what is due, in order. */
class VirtualTimers implements Clock {
  private now = 0;
  private pending: { dueMs: number; action: () => void }[] = [];

  nowMs(): number {
    return this.now;
  }

  epochMs(): number {
    return this.now;
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = { dueMs: this.now + delayMs, action };
    this.pending.push(timer);
    return () => {
      this.pending = this.pending.filter((each) => each !== timer);
    };
  }

  get delays(): number[] {
    return this.pending.map(({ dueMs }) => dueMs - this.now);
  }

  async advance(ms: number): Promise<void> {
    this.now += ms;
    const due = this.pending.filter(({ dueMs }) => dueMs <= this.now).sort((left, right) => left.dueMs - right.dueMs);
    this.pending = this.pending.filter((timer) => !due.includes(timer));
    for (const { action } of due) action();
    await settle();
  }
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function setUp(reconcile: (key: string) => Promise<ReconcileAnswer>, concurrency = 1) {
  const clock = new VirtualTimers();
  const counts: Record<string, number> = {};
  const errors: { key: string; result: string; failures: number }[] = [];
  const controller = new Controller<string>({
    reconcile,
    concurrency,
    clock,
    delays: { baseMs: 100, maxMs: 1_000, random: () => 0.999_999 },
    count: (result, amount) => (counts[result] = (counts[result] ?? 0) + amount),
    onError: (key, _, result, failures) => errors.push({ key, result, failures }),
  });
  controller.start();
  return { controller, clock, counts, errors };
}

describe('Controller', () => {
  it('shows every result at zero before the first run', () => {
    const { counts } = setUp(async () => undefined);
    expect(counts).toEqual(Object.fromEntries(reconcileResults.map((result) => [result, 0])));
  });

  it('backs off a key that fails, up to the cap, and starts afresh after a success', async () => {
    let fail = true;
    const { controller, clock, counts, errors } = setUp(async () => {
      if (fail) throw new ReconcileError('not yet');
      return undefined;
    });
    controller.add('a');
    await settle();
    for (const expected of [100, 200, 400, 800, 1_000, 1_000]) {
      expect(Math.round(clock.delays[0]!)).toBe(expected);
      await clock.advance(expected);
    }
    fail = false;
    await clock.advance(1_000);
    expect(clock.delays).toEqual([]);
    fail = true;
    controller.add('a');
    await settle();
    expect(Math.round(clock.delays[0]!)).toBe(100);
    expect(counts).toMatchObject({ error: 8, success: 1, panic: 0 });
    expect(errors.at(-1)).toEqual({ key: 'a', result: 'error', failures: 1 });
  });

  it('counts what was not expected as a panic, and lives on', async () => {
    const { controller, counts } = setUp(async (key) => {
      if (key === 'bad') throw new TypeError('programmer error');
      return undefined;
    });
    controller.add('bad');
    controller.add('good');
    await settle();
    expect(counts).toMatchObject({ panic: 1, success: 1 });
  });

  it('looks again after the time that a run asked for, the earliest of several', async () => {
    let runs = 0;
    const { controller, clock, counts } = setUp(async () => (runs++ === 0 ? { requeueAfterMs: 500 } : undefined));
    controller.add('a');
    await settle();
    controller.addAfter('a', 900);
    await clock.advance(500);
    expect([runs, counts.requeue_after, clock.delays]).toEqual([2, 1, []]);
  });

  it('a change during a run: one more run, after it', async () => {
    let release = () => {};
    let runs = 0;
    const { controller } = setUp(() => {
      runs++;
      return new Promise((resolve) => {
        release = () => resolve(undefined);
      });
    }, 4);
    controller.add('a');
    await settle();
    controller.add('a');
    controller.add('a');
    await settle();
    expect(runs).toBe(1);
    release();
    await settle();
    expect(runs).toBe(2);
    release();
    await settle();
    expect(runs).toBe(2);
  });

  it('stopped during a run that fails: waits for it and leaves no timer behind', async () => {
    let fail = () => {};
    const { controller, clock } = setUp(
      () =>
        new Promise((_, reject) => {
          fail = () => reject(new ReconcileError('late'));
        }),
    );
    controller.add('a');
    await settle();
    const stopped = controller.stop();
    fail();
    await stopped;
    expect(clock.delays).toEqual([]);
  });
});
