import fc from 'fast-check';
import { FakeClock } from '#libs/testing';
import { RESOLUTION_MS, Timer, TimerWheel } from './timer-wheel.js';

const nobody = {
  fault(error: unknown): void {
    throw error;
  },
};

function setUp(): { fake: FakeClock; wheel: TimerWheel; fired: [string, number][]; timer: (name: string) => Timer } {
  const fake = new FakeClock(1_000_003);
  const wheel = new TimerWheel(fake);
  const fired: [string, number][] = [];
  return { fake, wheel, fired, timer: (name) => new Timer(nobody, () => fired.push([name, fake.nowMs()])) };
}

it('fires once, never early, and at most two resolutions late', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 30 }), (delays) => {
      const { fake, wheel, fired, timer } = setUp();
      const startMs = fake.nowMs();
      delays.forEach((delay, index) => wheel.arm(timer(String(index)), startMs + delay));
      fake.advance(40_000);
      expect(fired).toHaveLength(delays.length);
      for (const [name, atMs] of fired) {
        const late = atMs - startMs - (delays[Number(name)] ?? 0);
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThanOrEqual(2 * RESOLUTION_MS);
      }
      expect(wheel.size).toBe(0);
    }),
    { numRuns: 50 },
  );
});

it('agrees with a map of deadlines under any order of arming, moving and disarming', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('arm' as const), timer: fc.nat(5), delay: fc.nat(20_000) }),
    fc.record({ do: fc.constant('disarm' as const), timer: fc.nat(5) }),
    fc.record({ do: fc.constant('pass' as const), ms: fc.nat(12_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { fake, wheel, fired, timer } = setUp();
      const timers = Array.from({ length: 6 }, (_, index) => timer(String(index)));
      const model = new Map<string, number>();
      for (const one of steps) {
        if (one.do === 'arm') {
          wheel.arm(timers[one.timer]!, fake.nowMs() + one.delay);
          model.set(String(one.timer), fake.nowMs() + one.delay);
        } else if (one.do === 'disarm') {
          wheel.disarm(timers[one.timer]!);
          model.delete(String(one.timer));
        } else {
          fired.length = 0;
          fake.advance(one.ms);
          for (const [name, atMs] of fired) {
            expect(model.get(name)).toBeLessThanOrEqual(atMs);
            model.delete(name);
          }
          for (const deadlineMs of model.values()) expect(deadlineMs).toBeGreaterThan(fake.nowMs() - 2 * RESOLUTION_MS);
        }
        expect(wheel.size).toBe(model.size);
      }
    }),
    { numRuns: 100 },
  );
});

it('a timer may disarm or move another that is due in the same tick', () => {
  const { fake, wheel, fired, timer } = setUp();
  const moved = timer('moved');
  const disarmed = timer('disarmed');
  wheel.arm(disarmed, fake.nowMs() + 100);
  wheel.arm(moved, fake.nowMs() + 100);
  const first = new Timer(nobody, () => {
    wheel.disarm(disarmed);
    wheel.arm(moved, fake.nowMs() + 1_000);
  });
  wheel.arm(first, fake.nowMs() + 100);
  fake.advance(500);
  expect(fired).toEqual([]);
  fake.advance(1_000);
  expect(fired.map(([name]) => name)).toEqual(['moved']);
});

it('does not tick while nothing is armed, and holds no link to what is disarmed', () => {
  const { fake, wheel, timer } = setUp();
  const one = timer('one');
  wheel.arm(one, fake.nowMs() + 600_000);
  wheel.arm(timer('two'), fake.nowMs() + 600_000);
  wheel.disarm(one);
  expect([one.next, one.previous, one.slot]).toEqual([undefined, undefined, -1]);
  fake.advance(700_000);
  expect(fake.pendingTimers).toBe(0);
});

it('after a blocked event loop the sockets are read before deadlines are judged', () => {
  const { wheel, fired, timer } = setUp();
  const callbacks: (() => void)[] = [];
  let nowMs = 1_000;
  const late = new TimerWheel({
    nowMs: () => nowMs,
    epochMs: () => nowMs,
    after: (_delayMs, callback) => {
      callbacks.push(callback);
      return () => undefined;
    },
  });
  const idle = timer('idle');
  late.arm(idle, nowMs + 200);
  nowMs += 5_000;
  callbacks.shift()?.();
  expect(fired).toEqual([]);
  // The turn in between: data came in.
  late.arm(idle, nowMs + 200);
  callbacks.shift()?.();
  expect(fired).toEqual([]);
  expect(wheel.size).toBe(0);
});

it('what a timer throws goes to its owner, and the others of the same tick still fire', () => {
  const { fake, wheel, fired, timer } = setUp();
  const faults: unknown[] = [];
  const broken = new Timer({ fault: (error) => faults.push(error) }, () => {
    throw new Error('broken');
  });
  for (const one of [timer('before'), broken, timer('after')]) wheel.arm(one, fake.nowMs() + 100);
  wheel.arm(timer('later'), fake.nowMs() + 1_000);
  fake.advance(2_000);
  expect(faults).toEqual([new Error('broken')]);
  expect(fired.map(([name]) => name).sort()).toEqual(['after', 'before', 'later']);
});

it('a fault that its owner throws again takes no deadline from the others, nor the wheel its next tick', () => {
  const { fake, wheel, fired, timer } = setUp();
  const broken = new Timer(nobody, () => {
    throw new Error('broken');
  });
  for (const one of [timer('before'), broken, timer('after')]) wheel.arm(one, fake.nowMs() + 100);
  wheel.arm(timer('later'), fake.nowMs() + 1_000);
  expect(() => fake.advance(2_000)).toThrow('broken');
  expect(fired.map(([name]) => name).sort()).toEqual(['after', 'before']);
  fake.advance(2_000);
  expect(fired.map(([name]) => name).at(-1)).toBe('later');
  wheel.arm(timer('anew'), fake.nowMs() + 100);
  fake.advance(200);
  expect(fired.map(([name]) => name).at(-1)).toBe('anew');
});
