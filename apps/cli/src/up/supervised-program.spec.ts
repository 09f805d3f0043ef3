import { FakeClock } from '#libs/testing';
import type { ProcessEnd } from './guarded-process.js';
import { restartDelayMs, restartPolicy, SupervisedProgram } from './supervised-program.js';
import type { Program, RestartClock, SupervisionEvent } from './supervised-program.js';

/** A program that ends when the test says so. */
class StubProgram implements Program {
  readonly name = 'stub';
  readonly stopDeadlineMs = 5_000;
  starts = 0;
  stops: number[] = [];
  failNextStarts = 0;
  private end: (end: ProcessEnd) => void = () => undefined;

  async start() {
    this.starts += 1;
    if (this.failNextStarts > 0) {
      this.failNextStarts -= 1;
      throw new Error('no luck');
    }
    return { ended: new Promise<ProcessEnd>((resolve) => (this.end = resolve)) };
  }

  async stop(deadlineMs: number): Promise<void> {
    this.stops.push(deadlineMs);
    this.end({ code: 0, signal: null });
  }

  die(): void {
    this.end({ code: null, signal: 'SIGKILL' });
  }
}

function supervise() {
  const clock = new FakeClock();
  const program = new StubProgram();
  const events: SupervisionEvent[] = [];
  const restartClock: RestartClock = {
    nowMs: clock.nowMs,
    pause: (ms, signal) =>
      new Promise((resolve) => {
        const cancel = clock.after(ms, resolve);
        signal.addEventListener('abort', () => {
          cancel();
          resolve();
        });
      }),
  };
  const supervised = new SupervisedProgram(program, restartClock, (event) => events.push(event));
  return { clock, program, events, supervised };
}

test('the pause doubles up to its bound', () => {
  expect([1, 2, 3, 7, 8, 60].map(restartDelayMs)).toEqual([100, 200, 400, 6_400, 10_000, 10_000]);
});

test('a program that dies is started again, with longer pauses each time', async () => {
  const { clock, program, events, supervised } = supervise();
  await supervised.start();
  for (const expectedMs of [100, 200, 400]) {
    program.die();
    await clock.advanceAsync(expectedMs - 1);
    const before = program.starts;
    await clock.advanceAsync(1);
    expect(program.starts).toBe(before + 1);
  }
  expect(events.map(({ type }) => type)).toEqual(['ended', 'restarted', 'ended', 'restarted', 'ended', 'restarted']);
  await supervised.stop();
});

test('a minute of running makes it a stable program again', async () => {
  const { clock, program, events, supervised } = supervise();
  await supervised.start();
  program.die();
  await clock.advanceAsync(100);
  program.die();
  await clock.advanceAsync(200);
  await clock.advanceAsync(restartPolicy.stableAfterMs);
  program.die();
  await clock.advanceAsync(100);
  expect(events.flatMap((event) => (event.type === 'ended' ? [event.restartInMs] : []))).toEqual([100, 200, 100]);
  expect(program.starts).toBe(4);
  await supervised.stop();
});

test('a restart that fails is tried again', async () => {
  const { clock, program, events, supervised } = supervise();
  await supervised.start();
  program.failNextStarts = 2;
  program.die();
  await clock.advanceAsync(100 + 200 + 400);
  expect(program.starts).toBe(4);
  expect(events.map(({ type }) => type)).toEqual(['ended', 'failedToStart', 'failedToStart', 'restarted']);
  await supervised.stop();
});

test('a first start that fails is reported, not repeated', async () => {
  const { clock, program, supervised } = supervise();
  program.failNextStarts = 1;
  await expect(supervised.start()).rejects.toThrow('no luck');
  await clock.advanceAsync(restartPolicy.stableAfterMs);
  expect(program.starts).toBe(1);
});

test('stop ends the program with its deadline, and nothing starts after it', async () => {
  const { clock, program, events, supervised } = supervise();
  await supervised.start();
  await supervised.stop();
  await clock.advanceAsync(restartPolicy.stableAfterMs);
  expect(program.stops).toEqual([5_000]);
  expect(program.starts).toBe(1);
  expect(events).toEqual([]);
});

test('stop during a pause ends the wait', async () => {
  const { clock, program, supervised } = supervise();
  await supervised.start();
  program.die();
  await clock.advanceAsync(50);
  await supervised.stop(0);
  expect(clock.pendingTimers).toBe(0);
  expect(program.starts).toBe(1);
});
