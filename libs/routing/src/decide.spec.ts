import type { ErrorClass } from '#libs/inference';
import type { Decision } from './decision.js';
import { failed, World } from './testing/world.js';
import { requestDeadlineMs } from './timeouts.js';

const queue = (maxWaitMs: number, maxDepth = 100) => ({ type: 'Queue' as const, queue: { maxDepth, maxWaitMs } });

/** A decision in one word, so that a table reads like one: `First a/k1`, `wait 200 Backoff`, `stop committed`. */
function short({ attempts, wait, stop }: Decision): string {
  if (attempts !== undefined) return attempts.map((a) => `${a.step} ${a.candidate.backend}/${a.key.name}`).join(', ');
  if (wait !== undefined) return `wait ${wait.ms} ${wait.for}`;
  return `stop ${stop.code}${stop.retryAfterMs === undefined ? '' : ` ${stop.retryAfterMs}`}`;
}

describe('the first attempt', () => {
  it('goes to the lowest priority, whatever the weights say', () => {
    const world = new World({ backends: { spare: { priority: 1, weight: 100 }, main: { priority: 0 } } });
    expect(short(world.decide())).toBe('First main/k1');
  });

  it('goes to the next priority when the first is out', () => {
    const world = new World({ backends: { main: {}, spare: { priority: 1 } } });
    world.open('main', 1000);
    expect(short(world.decide())).toBe('First spare/k1');
  });

  it('passes an exhausted pool over', () => {
    const world = new World({ backends: { main: {}, spare: { priority: 1 } } });
    world.cool('main', 'k1', 1000);
    expect(short(world.decide())).toBe('First spare/k1');
  });

  it('never goes to a drained backend', () => {
    const world = new World({ backends: { drained: { weight: 0 } } });
    expect(short(world.decide())).toBe('stop no_backend_available');
  });

  it('follows the weights, also around a backend that is out', () => {
    const world = new World({ backends: { a: { weight: 1 }, b: { weight: 3 }, out: { weight: 4 } } });
    world.open('out', 1000);
    let b = 0;
    const rounds = 20_000;
    for (let seed = 0; seed < rounds; seed++) {
      if (world.decide([], 0, {}, seed * 2_654_435_761).attempts?.[0]?.candidate.backend === 'b') b++;
    }
    expect(b / rounds).toBeGreaterThan(0.73);
    expect(b / rounds).toBeLessThan(0.77);
  });

  it('stops when no rule matched', () => {
    const world = new World({ backends: { a: {} } });
    expect(short(world.decide([], 0, { rule: undefined }))).toBe('stop no_matching_rule');
  });

  it('stops when there is no time for it', () => {
    const world = new World({ backends: { a: {} } });
    expect(short(world.decide([], 995, { deadlineMs: 1000 }))).toBe('stop deadline_exceeded');
  });
});

describe('when nothing can serve', () => {
  it('tells the earliest opening when every breaker is open', () => {
    const world = new World({ backends: { a: {}, b: {} } });
    world.open('a', 9000);
    world.open('b', 5000);
    expect(short(world.decide([], 1000))).toBe('stop no_backend_available 4000');
  });

  it('tells the earliest cooldown end when keys are missing, even beside an open breaker', () => {
    const world = new World({ backends: { a: { keys: ['k1', 'k2'] }, b: {} } });
    world.cool('a', 'k1', 7000);
    world.cool('a', 'k2', 3000);
    world.open('b', 2000);
    expect(short(world.decide([], 1000))).toBe('stop keys_exhausted 2000');
  });

  it('tells that no key comes back by itself', () => {
    const world = new World({ backends: { a: {} } });
    world.cool('a', 'k1', Infinity);
    expect(short(world.decide())).toBe('stop no_usable_key');
  });

  it('asks for a short pause when every key is busy', () => {
    const world = new World({ backends: { a: {} } });
    world.fill('a', 'k1');
    expect(short(world.decide())).toBe('stop keys_exhausted 1000');
  });

  it('admits a probe to a half-open breaker, and no second one', () => {
    const world = new World({ backends: { a: {} } });
    world.breakers.set('a', { phase: 'HalfOpen', epoch: 2, openings: 1, probesInFlight: 0, successes: 0 });
    expect(short(world.decide())).toBe('First a/k1');
    world.breakers.set('a', { phase: 'HalfOpen', epoch: 2, openings: 1, probesInFlight: 1, successes: 0 });
    expect(short(world.decide())).toBe('stop no_backend_available 0');
  });
});

describe('an exhausted pool', () => {
  it('that queues is waited for until its key is back', () => {
    const world = new World({ backends: { a: { onExhausted: queue(2000) }, b: { priority: 1 } } });
    world.cool('a', 'k1', 1500);
    expect(world.decide().wait).toEqual({
      ms: 1500,
      for: 'Key',
      pools: ['a'],
      connections: [],
      passedOver: [{ candidate: 'a', reason: 'KeysCooling', untilMs: 1500 }],
    });
  });

  it('that queues is waited for as long as allowed when only a finished request can free a key', () => {
    const world = new World({ backends: { a: { onExhausted: queue(2000) } } });
    world.fill('a', 'k1');
    expect(short(world.decide([], 500))).toBe('wait 1500 Key');
    expect(short(world.decide([], 500, { deadlineMs: 1000 }))).toBe('wait 500 Key');
  });

  it.each([
    ['its key is back too late', { coolMs: 2500, queued: 0, nowMs: 0 }],
    ['the queue is full', { coolMs: 1500, queued: 100, nowMs: 0 }],
    ['the wait has been used up', { coolMs: 2500, queued: 0, nowMs: 2000 }],
  ])('that queues is passed over when %s', (_name, { coolMs, queued, nowMs }) => {
    const world = new World({ backends: { a: { onExhausted: queue(2000) }, b: { priority: 1 } } });
    world.cool('a', 'k1', coolMs);
    world.queued = queued;
    expect(short(world.decide([], nowMs))).toBe('First b/k1');
  });

  it('is not waited for past the deadline', () => {
    const world = new World({ backends: { a: { onExhausted: queue(2000) } } });
    world.cool('a', 'k1', 1500);
    expect(short(world.decide([], 0, { deadlineMs: 1505 }))).toBe('stop keys_exhausted 1500');
  });

  it('that fails ends the request, other backends or not', () => {
    const onExhausted = { type: 'Fail' as const, queue: { maxDepth: 0, maxWaitMs: 0 } };
    const world = new World({ backends: { a: { onExhausted }, b: { priority: 1 } } });
    world.cool('a', 'k1', 1500);
    expect(short(world.decide())).toBe('stop keys_exhausted 1500');
    expect(short(world.decide([failed('a', 'k1', 'RateLimited')]))).toBe('stop keys_exhausted 1500');
    expect(short(world.decide([failed('a', 'k1', 'ServerError')]))).toBe('NextBackend b/k1');
  });
});

describe('after a failure', () => {
  const both = { backends: { a: { keys: ['k1', 'k2'] }, b: { priority: 1 } } };

  it.each<[ErrorClass, string]>([
    ['RateLimited', 'NextKey a/k2'],
    ['Auth', 'NextKey a/k2'],
    ['QuotaExhausted', 'NextKey a/k2'],
    ['Network', 'NextBackend b/k1'],
    ['Timeout', 'NextBackend b/k1'],
    ['Overloaded', 'NextBackend b/k1'],
    ['ServerError', 'NextBackend b/k1'],
    ['InvalidRequest', 'stop not_retryable'],
    ['ContextLength', 'stop not_retryable'],
    ['ContentFiltered', 'stop not_retryable'],
    ['ContentError', 'stop not_retryable'],
    ['Cancelled', 'stop not_retryable'],
  ])('of class %s: %s', (outcome, expected) => {
    expect(short(new World(both).decide([failed('a', 'k1', outcome)]))).toBe(expected);
  });

  it('goes on to the next backend when no other key is left', () => {
    const history = [failed('a', 'k1', 'Auth'), failed('a', 'k2', 'Auth')];
    expect(short(new World(both).decide(history))).toBe('NextBackend b/k1');
  });

  it('tries another key of the only backend, after a back-off that doubles', () => {
    const world = new World({ backends: { a: { keys: ['k1', 'k2', 'k3'] } } });
    const once = [failed('a', 'k1', 'ServerError')];
    expect(short(world.decide(once))).toBe('wait 200 Backoff');
    expect(short(world.decide(once, 200))).toMatch(/^NextKey a\/k[23]$/);
    expect(short(world.decide([...once, failed('a', 'k2', 'ServerError')]))).toBe('wait 400 Backoff');
  });

  it('tries the only key of the only backend again', () => {
    const world = new World({ backends: { a: {} } });
    expect(short(world.decide([failed('a', 'k1', 'Network')], 200))).toBe('SameBackend a/k1');
  });

  it('does not ask a backend whose breaker opened', () => {
    const world = new World({ backends: { a: { keys: ['k1', 'k2'] } } });
    world.open('a', 1000);
    expect(short(world.decide([failed('a', 'k1', 'ServerError')], 500))).toBe('stop retries_exhausted');
    expect(short(world.decide([failed('a', 'k1', 'RateLimited')], 500))).toBe('stop no_backend_available 500');
  });

  it('stops after the attempts allowed', () => {
    const history = ['k1', 'k2', 'k3'].map((key) => failed('a', key, 'RateLimited'));
    expect(short(new World({ backends: { a: { keys: ['k1', 'k2', 'k3', 'k4'] } } }).decide(history))).toBe(
      'stop retries_exhausted',
    );
  });

  it('stops at the commit point, at a success and at the deadline', () => {
    const world = new World(both);
    expect(short(world.decide([failed('a', 'k1', 'Network', { progress: 'Committed' })]))).toBe('stop committed');
    expect(short(world.decide([failed('a', 'k1', 'Success', { progress: 'Committed' })]))).toBe('stop answered');
    expect(short(world.decide([failed('a', 'k1', 'Network')], 995, { deadlineMs: 1000 }))).toBe(
      'stop deadline_exceeded',
    );
  });

  it('waits while another attempt is running', () => {
    const pending = failed('a', 'k1', 'Pending', { endedMs: undefined });
    expect(short(new World(both).decide([pending], 100, { deadlineMs: 1000 }))).toBe('wait 900 Pending');
  });

  it('reads the attempt that ended last, not the one that started last', () => {
    const history = [
      failed('a', 'k1', 'InvalidRequest', { endedMs: 50 }),
      failed('b', 'k1', 'Network', { endedMs: 20 }),
    ];
    expect(new World(both).decide(history).stop).toMatchObject({ code: 'not_retryable', last: { backend: 'a' } });
  });
});

describe('what the upstream asks for', () => {
  const only = { backends: { a: {} } };
  const limited = [failed('a', 'k1', 'RateLimited', { retryAfterMs: 5000 })];

  it('is waited for, with the back-off on top, when no key is left', () => {
    const world = new World(only);
    world.cool('a', 'k1', 5000);
    expect(short(world.decide(limited))).toBe('wait 5200 RetryAfter');
    expect(short(world.decide(limited, 5200))).toBe('SameBackend a/k1');
  });

  it('is not waited for beyond the limit or the deadline', () => {
    const world = new World({ ...only, retry: { maxRetryAfterMs: 4000 } });
    expect(short(world.decide(limited))).toBe('stop retry_after_too_long 5200');
    expect(short(new World(only).decide(limited, 0, { deadlineMs: 5000 }))).toBe('stop retry_after_too_long 5200');
  });

  it('holds for the backend that failed, and the one ready first is asked', () => {
    const world = new World({ backends: { a: {}, b: {} } });
    const history = [
      failed('a', 'k1', 'Overloaded', { retryAfterMs: 1000 }),
      failed('b', 'k1', 'Overloaded', { retryAfterMs: 9000 }),
    ];
    expect(short(world.decide(history, 1200))).toBe('SameBackend a/k1');
  });

  it('of a back-off past the deadline leaves no attempt', () => {
    expect(short(new World(only).decide([failed('a', 'k1', 'Network')], 0, { deadlineMs: 205 }))).toBe(
      'stop deadline_exceeded',
    );
  });
});

describe('retry rules', () => {
  const rule = (errors: string[], maxRetries: number, next: 'SameBackend' | 'NextKey' | 'NextBackend') => ({
    rules: [{ errors, maxRetries, next }],
    maxAttempts: 9,
  });

  it('stay at the backend, then go on, as often as allowed', () => {
    const world = new World({ backends: { a: {}, b: {} }, retry: rule(['Overloaded'], 2, 'SameBackend') });
    expect(short(world.decide([failed('a', 'k1', 'Overloaded')], 200))).toBe('SameBackend a/k1');
    world.open('a', 9000);
    expect(short(world.decide([failed('a', 'k1', 'Overloaded')], 200))).toBe('NextBackend b/k1');
    const three = [0, 1, 2].map(() => failed('a', 'k1', 'Overloaded'));
    expect(short(world.decide(three, 9000))).toBe('stop retries_exhausted');
  });

  it('go to the next backend when the pause that was asked for is too long', () => {
    const world = new World({ backends: { a: {}, b: {} }, retry: rule(['Overloaded'], 2, 'SameBackend') });
    expect(short(world.decide([failed('a', 'k1', 'Overloaded', { retryAfterMs: 60_000 })]))).toBe('NextBackend b/k1');
  });

  it('change keys where the default would change backends', () => {
    const world = new World({
      backends: { a: { keys: ['k1', 'k2'] }, b: {} },
      retry: rule(['ServerError'], 1, 'NextKey'),
    });
    expect(short(world.decide([failed('a', 'k1', 'ServerError')], 200))).toBe('NextKey a/k2');
  });

  it('can forbid, and can not allow what is never tried again', () => {
    const none = new World({ backends: { a: {}, b: {} }, retry: rule(['Network'], 0, 'NextBackend') });
    expect(short(none.decide([failed('a', 'k1', 'Network')]))).toBe('stop retries_exhausted');
    const all = new World({ backends: { a: {}, b: {} }, retry: rule(['InvalidRequest'], 5, 'NextBackend') });
    expect(short(all.decide([failed('a', 'k1', 'InvalidRequest')]))).toBe('stop not_retryable');
    const auth = new World({ backends: { a: {} }, retry: rule(['Auth'], 5, 'SameBackend') });
    expect(short(auth.decide([failed('a', 'k1', 'Auth')], 500))).toBe('stop retries_exhausted');
  });
});

describe('fallbacks by class', () => {
  const world = new World({
    backends: { a: {} },
    outside: { large: {} },
    fallbacks: [{ errors: ['ContextLength', 'Network'], backends: [{ backend: 'large', weight: 1, priority: 0 }] }],
  });

  it('are taken for their class, also where the same request is never tried again', () => {
    expect(short(world.decide([failed('a', 'k1', 'ContextLength')]))).toBe('NextBackend large/k1');
    expect(short(world.decide([failed('a', 'k1', 'Network')]))).toBe('NextBackend large/k1');
    expect(short(world.decide([failed('a', 'k1', 'InvalidRequest')]))).toBe('stop not_retryable');
  });

  it('are taken once', () => {
    const history = [failed('a', 'k1', 'ContextLength'), failed('large', 'k1', 'ContextLength')];
    expect(short(world.decide(history))).toBe('stop not_retryable');
  });
});

describe('after several failures', () => {
  const toLarge = {
    errors: ['ContextLength' as const],
    backends: [{ backend: 'large', weight: 1, priority: 0 }],
  };

  it('a fallback is asked with its next key, and nobody who refused the request is asked again', () => {
    const world = new World({
      backends: { a: { keys: ['k1', 'k2'] }, b: {} },
      outside: { large: { keys: ['k1', 'k2'] } },
      fallbacks: [toLarge],
      retry: { maxAttempts: 5 },
    });
    const history = [failed('a', 'k1', 'ContextLength'), failed('large', 'k1', 'RateLimited')];
    expect(short(world.decide(history))).toBe('NextKey large/k2');
    const both = [...history, failed('large', 'k2', 'RateLimited', { retryAfterMs: 1000 })];
    expect(short(world.decide(both))).toMatch(/^wait \d+ RetryAfter$/);
    expect(short(world.decide(both, 3000))).toMatch(/^SameBackend large\//);
    const refused = [...history, failed('large', 'k2', 'ContextLength')];
    expect(world.decide(refused, 9000).stop).toMatchObject({ code: 'not_retryable', last: refused[2] });
  });

  it('the fallbacks for each class that failed are open, the first failure in front', () => {
    const fallback = (error: ErrorClass, backend: string) => ({
      errors: [error],
      backends: [{ backend, weight: 1, priority: 0 }],
    });
    const world = new World({
      backends: { a: {} },
      outside: { large: {}, spare: {} },
      fallbacks: [fallback('Network', 'spare'), fallback('ContextLength', 'large')],
      retry: { maxAttempts: 5 },
    });
    const history = [failed('a', 'k1', 'ContextLength')];
    expect(short(world.decide(history))).toBe('NextBackend large/k1');
    expect(short(world.decide([...history, failed('large', 'k1', 'Network')]))).toBe('NextBackend spare/k1');
    const two = [
      { backend: 'large', weight: 1, priority: 0 },
      { backend: 'spare', weight: 1, priority: 1 },
    ];
    const both = new World({
      backends: { a: {} },
      outside: { large: {}, spare: {} },
      fallbacks: [{ errors: ['ContextLength'], backends: two }],
    });
    expect(short(both.decide([...history, failed('large', 'k1', 'Network')]))).toBe('NextBackend spare/k1');
  });

  it('what an earlier one left open is tried: its next key, after its back-off', () => {
    const world = new World({ backends: { d1: { keys: ['a', 'b'] }, d2: { priority: 1 } } });
    world.cool('d2', 'k1', Infinity, 'Auth');
    const history = [failed('d1', 'a', 'ServerError'), failed('d2', 'k1', 'Auth')];
    expect(short(world.decide(history))).toBe('wait 200 Backoff');
    expect(short(world.decide(history, 200))).toBe('NextKey d1/b');
    const all = [...history, failed('d1', 'b', 'ServerError', { endedMs: 300 })];
    expect(world.decide(all, 300).stop).toMatchObject({ code: 'retries_exhausted', last: all[2] });
  });

  it('of which no key is the reason end in the last of them, not in a lack of keys', () => {
    const world = new World({ backends: { a: {} } });
    const history = [failed('a', 'k1', 'Auth')];
    expect(world.decide(history).stop).toMatchObject({ code: 'retries_exhausted', last: history[0] });
    world.cool('a', 'k1', Infinity, 'Auth');
    expect(world.decide(history).stop).toMatchObject({ code: 'no_usable_key', last: history[0] });
  });

  it('a rule that is used up for an earlier class does not bring its backend back', () => {
    const world = new World({
      backends: { a: { keys: ['k1', 'k2'] }, b: { priority: 1 } },
      retry: { maxAttempts: 5, rules: [{ errors: ['ServerError'], maxRetries: 1, next: 'NextBackend' }] },
    });
    const history = [failed('a', 'k1', 'ServerError'), failed('a', 'k2', 'ServerError'), failed('b', 'k1', 'Auth')];
    expect(short(world.decide(history, 9000))).toMatch(/^stop/);
  });
});

describe('the retry budget', () => {
  it('refuses repeats at a failing backend, and nothing else', () => {
    const world = new World({ backends: { a: { keys: ['k1', 'k2'] } } });
    world.balance = 0;
    expect(short(world.decide([failed('a', 'k1', 'ServerError')], 200))).toBe('stop retry_budget_exhausted');
    expect(short(world.decide([failed('a', 'k1', 'Network', { progress: 'NotSent' })], 200))).toBe('NextKey a/k2');
    expect(short(world.decide([failed('a', 'k1', 'RateLimited')], 200))).toBe('NextKey a/k2');
    const two = new World({ backends: { a: {}, b: {} } });
    two.balance = 0;
    expect(short(two.decide([failed('a', 'k1', 'ServerError')], 200))).toBe('NextBackend b/k1');
  });

  it('is drawn on exactly there', () => {
    const world = new World({ backends: { a: { keys: ['k1', 'k2'] } } });
    const draws = (entry: ReturnType<typeof failed>) => world.decide([entry], 200).attempts?.[0]?.drawsOnRetryBudget;
    expect(draws(failed('a', 'k1', 'ServerError'))).toBe(true);
    expect(draws(failed('a', 'k1', 'ServerError', { progress: 'NotSent' }))).toBe(false);
    expect(draws(failed('a', 'k1', 'Auth'))).toBe(false);
    expect(world.decide().attempts?.[0]?.drawsOnRetryBudget).toBe(false);
  });
});

describe('the timeouts of an attempt', () => {
  it('are the least of backend, route and request', () => {
    const world = new World({
      backends: { a: {} },
      retry: { perTryTimeoutMs: 30_000 },
      timeouts: { firstTokenMs: 10_000, streamIdleMs: 20_000 },
    });
    expect(world.decide().attempts?.[0]?.timeouts).toEqual({
      connectMs: 5000,
      firstByteMs: 30_000,
      firstTokenMs: 10_000,
      streamIdleMs: 20_000,
      attemptMs: 30_000,
    });
    expect(world.decide([], 0, { deadlineMs: 4000 }).attempts?.[0]?.timeouts).toEqual({
      connectMs: 4000,
      firstByteMs: 4000,
      firstTokenMs: 4000,
      streamIdleMs: 4000,
      attemptMs: 4000,
    });
  });
});

describe('the deadline of a request', () => {
  it("is the route's, or none", () => {
    const { entry } = new World({ backends: {}, timeouts: { requestMs: 5000 } }).route;
    expect(requestDeadlineMs(entry, 100)).toBe(5100);
    expect(requestDeadlineMs({ ...entry, timeouts: {} }, 100)).toBe(Infinity);
  });
});
