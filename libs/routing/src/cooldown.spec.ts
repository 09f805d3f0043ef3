import type { ErrorClass } from '#libs/inference';
import { type Cooldown, cooldownAfter, cooldownOver, notCooling } from './cooldown.js';
import { poolEntry } from './testing/world.js';

const { cooldown: policy } = poolEntry('pool', {});

function after(
  state: Cooldown,
  rules: typeof policy,
  errorClass: ErrorClass | undefined,
  retryAfterMs: number | undefined,
  nowMs: number,
): Cooldown {
  return cooldownAfter(state, rules, { errorClass, retryAfterMs, nowMs });
}

describe('a key after a rate limit', () => {
  it('pauses as long as asked, or as configured', () => {
    expect(after(notCooling, policy, 'RateLimited', 3000, 100).untilMs).toBe(3100);
    expect(after(notCooling, policy, 'RateLimited', undefined, 100).untilMs).toBe(10_100);
  });

  it('pauses twice as long each time, up to the limit', () => {
    let state: Cooldown = notCooling;
    const pauses: number[] = [];
    for (let i = 0; i < 7; i++) {
      const nowMs = state.untilMs;
      state = after(state, policy, 'RateLimited', undefined, nowMs);
      pauses.push(state.untilMs - nowMs);
    }
    expect(pauses).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
  });

  it('is not kept longer than the limit, whatever is asked', () => {
    expect(after(notCooling, policy, 'RateLimited', 86_400_000, 0).untilMs).toBe(300_000);
  });

  it('is paused longer by a later one, never shorter, and requests under way together count once', () => {
    const first = after(notCooling, policy, 'RateLimited', 5000, 0);
    const shorter = after(first, policy, 'RateLimited', 1000, 100);
    expect(shorter).toBe(first);
    expect(after(shorter, policy, 'RateLimited', 9000, 200)).toMatchObject({ untilMs: 9200, rateLimits: 1 });
  });

  it('starts over after a success, but not by one that began before the pause', () => {
    const cooling = after(notCooling, policy, 'RateLimited', undefined, 0);
    expect(after(cooling, policy, undefined, undefined, 500)).toBe(cooling);
    expect(after(cooling, policy, undefined, undefined, 10_000)).toBe(notCooling);
    expect(after(notCooling, policy, undefined, undefined, 0)).toBe(notCooling);
  });
});

describe('a key after other failures', () => {
  it.each([
    ['QuotaExhausted', undefined, 3_600_000],
    ['QuotaExhausted', 7_200_000, 7_200_000],
    ['Auth', undefined, Infinity],
    ['ServerError', 5000, 0],
    ['Cancelled', undefined, 0],
  ] as const)('%s, asked for %p: until %p', (errorClass, retryAfterMs, expected) => {
    expect(after(notCooling, policy, errorClass, retryAfterMs, 0).untilMs).toBe(expected);
  });

  it('comes back from a refusal where a time is configured', () => {
    expect(after(notCooling, { ...policy, auth: 500 }, 'Auth', undefined, 100).untilMs).toBe(600);
  });

  it('stays out until rotated, whatever comes later', () => {
    const out = after(notCooling, policy, 'Auth', undefined, 0);
    expect(after(out, policy, 'QuotaExhausted', undefined, 1)).toBe(out);
    expect(after(out, policy, 'RateLimited', undefined, 1).untilMs).toBe(Infinity);
  });
});

describe('a key whose quota was used up', () => {
  const exhausted = after(notCooling, policy, 'QuotaExhausted', undefined, 0);

  it('is on trial when its time is over, until a request succeeds', () => {
    const back = cooldownOver(exhausted);
    expect(back).toMatchObject({ untilMs: 0, onTrial: true });
    expect(after(back, policy, 'ServerError', undefined, 3_600_001)).toBe(back);
    expect(after(back, policy, undefined, undefined, 3_600_001)).toBe(notCooling);
  });

  it('rests again if it is used up still, and stays on trial through a rate limit', () => {
    const back = cooldownOver(exhausted);
    expect(after(back, policy, 'QuotaExhausted', undefined, 4_000_000).untilMs).toBe(7_600_000);
    const limited = after(back, policy, 'RateLimited', 1000, 4_000_000);
    expect(cooldownOver(limited)).toMatchObject({ untilMs: 0, onTrial: true });
  });

  it('is not on trial after a mere rate limit, and remembers that one', () => {
    const limited = after(notCooling, policy, 'RateLimited', 1000, 0);
    expect(cooldownOver(limited)).toMatchObject({ untilMs: 0, onTrial: false, rateLimits: 1 });
  });
});
