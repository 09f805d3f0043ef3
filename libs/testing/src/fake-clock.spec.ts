import { FakeClock } from './index.js';

it('fires what falls due, in order of time and then of setting, at its own time', () => {
  const clock = new FakeClock(1_000);
  const fired: [string, number][] = [];
  const at = (name: string) => () => void fired.push([name, clock.nowMs()]);
  clock.after(20, at('late'));
  clock.after(10, at('first'));
  clock.after(10, at('second'));
  clock.after(5, () => clock.after(5, at('nested')));
  const cancel = clock.after(1, at('cancelled'));
  cancel();
  cancel();
  clock.advance(15);
  expect(fired).toEqual([
    ['first', 1_010],
    ['second', 1_010],
    ['nested', 1_010],
  ]);
  expect(clock.nowMs()).toBe(1_015);
  expect(clock.pendingTimers).toBe(1);
  clock.advance(5);
  expect(fired.at(-1)).toEqual(['late', 1_020]);
});

it('the wall clock may jump, and no timer notices', () => {
  const clock = new FakeClock(1_000);
  let fired = 0;
  clock.after(10, () => (fired += 1));
  clock.epochOffsetMs = 3_600_000;
  clock.advance(9);
  expect([clock.nowMs(), clock.epochMs(), fired]).toEqual([1_009, 3_601_009, 0]);
});

it('lets promises run between timers', async () => {
  const clock = new FakeClock(0);
  const steps: number[] = [];
  const sleep = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
  const worker = (async () => {
    for (let i = 0; i < 3; i++) {
      await sleep(10);
      steps.push(clock.nowMs());
    }
  })();
  await clock.advanceAsync(30);
  await worker;
  expect(steps).toEqual([10, 20, 30]);
});
