import { FakeClock } from './index.js';

it('fires what falls due, in order of time and then of setting, at its own time', () => {
  const clock = new FakeClock(1_000);
  const fired: [string, number][] = [];
  const at = (name: string) => () => void fired.push([name, clock.now()]);
  clock.setTimeout(at('late'), 20);
  clock.setTimeout(at('first'), 10);
  clock.setTimeout(at('second'), 10);
  clock.setTimeout(() => clock.setTimeout(at('nested'), 5), 5);
  clock.clear(clock.setTimeout(at('cleared'), 1));
  clock.advance(15);
  expect(fired).toEqual([
    ['first', 1_010],
    ['second', 1_010],
    ['nested', 1_010],
  ]);
  expect(clock.now()).toBe(1_015);
  expect(clock.pendingTimers).toBe(1);
  clock.advance(5);
  expect(fired.at(-1)).toEqual(['late', 1_020]);
});

it('repeats intervals until they are cleared, from within, too', () => {
  const clock = new FakeClock(0);
  const fired: number[] = [];
  const id = clock.setInterval(() => {
    fired.push(clock.now());
    if (fired.length === 3) clock.clear(id);
  }, 10);
  clock.advance(1_000);
  expect(fired).toEqual([10, 20, 30]);
  expect(clock.pendingTimers).toBe(0);
  expect(() => clock.setInterval(() => undefined, 0)).toThrow(RangeError);
});

it('lets promises run between timers', async () => {
  const clock = new FakeClock(0);
  const steps: number[] = [];
  const sleep = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
  const worker = (async () => {
    for (let i = 0; i < 3; i++) {
      await sleep(10);
      steps.push(clock.now());
    }
  })();
  await clock.advanceAsync(30);
  await worker;
  expect(steps).toEqual([10, 20, 30]);
});
