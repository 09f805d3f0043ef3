import { type Cooldown, cooldownAfter, notCooling } from './cooldown.js';
import { poolEntry } from './testing/world.js';

const { cooldown: policy } = poolEntry('pool', {});

describe('a key after a rate limit', () => {
  it('pauses as long as asked, or as configured', () => {
    expect(cooldownAfter(notCooling, policy, 'RateLimited', 3000, 100).untilMs).toBe(3100);
    expect(cooldownAfter(notCooling, policy, 'RateLimited', undefined, 100).untilMs).toBe(10_100);
  });

  it('pauses twice as long each time, up to the limit', () => {
    let state: Cooldown = notCooling;
    const pauses: number[] = [];
    for (let i = 0; i < 7; i++) {
      const nowMs = state.untilMs;
      state = cooldownAfter(state, policy, 'RateLimited', undefined, nowMs);
      pauses.push(state.untilMs - nowMs);
    }
    expect(pauses).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
  });

  it('is not kept longer than the limit, whatever is asked', () => {
    expect(cooldownAfter(notCooling, policy, 'RateLimited', 86_400_000, 0).untilMs).toBe(300_000);
  });

  it('is paused longer by a later one, never shorter, and requests under way together count once', () => {
    const first = cooldownAfter(notCooling, policy, 'RateLimited', 5000, 0);
    const shorter = cooldownAfter(first, policy, 'RateLimited', 1000, 100);
    expect(shorter).toEqual({ untilMs: 5000, rateLimits: 1 });
    expect(cooldownAfter(shorter, policy, 'RateLimited', 9000, 200)).toEqual({ untilMs: 9200, rateLimits: 1 });
  });

  it('starts over after a success, but not by one that began before the pause', () => {
    const cooling = cooldownAfter(notCooling, policy, 'RateLimited', undefined, 0);
    expect(cooldownAfter(cooling, policy, undefined, undefined, 500)).toBe(cooling);
    expect(cooldownAfter(cooling, policy, undefined, undefined, 10_000)).toBe(notCooling);
    expect(cooldownAfter(notCooling, policy, undefined, undefined, 0)).toBe(notCooling);
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
    expect(cooldownAfter(notCooling, policy, errorClass, retryAfterMs, 0).untilMs).toBe(expected);
  });

  it('comes back from a refusal where a time is configured', () => {
    expect(cooldownAfter(notCooling, { ...policy, auth: 500 }, 'Auth', undefined, 100).untilMs).toBe(600);
  });

  it('stays out until rotated, whatever comes later', () => {
    const out = cooldownAfter(notCooling, policy, 'Auth', undefined, 0);
    expect(cooldownAfter(out, policy, 'QuotaExhausted', undefined, 1)).toBe(out);
    expect(cooldownAfter(out, policy, 'RateLimited', undefined, 1).untilMs).toBe(Infinity);
  });
});
