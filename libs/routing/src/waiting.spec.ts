import type { Decision } from './decision.js';
import { failed, World } from './testing/world.js';

const queue = (maxWaitMs = 2000, maxDepth = 100) => ({ type: 'Queue' as const, queue: { maxDepth, maxWaitMs } });

function short({ attempts, wait, stop }: Decision): string {
  if (attempts !== undefined) return attempts.map((a) => `${a.step} ${a.candidate.backend}/${a.key.name}`).join(', ');
  if (wait !== undefined) return `wait ${wait.ms} ${wait.for} [${[...wait.pools, ...wait.connections].join()}]`;
  return `stop ${stop.code}${stop.retryAfterMs === undefined ? '' : ` ${stop.retryAfterMs}`}`;
}

describe('a wait for a key', () => {
  it('names every pool of the tier whose freed key could serve, and none of another tier', () => {
    const world = new World({
      backends: { a: { onExhausted: queue() }, b: { onExhausted: queue(1000) }, c: {}, d: { priority: 1 } },
    });
    for (const backend of ['a', 'b', 'c', 'd']) world.fill(backend, 'k1');
    expect(short(world.decide())).toBe('wait 2000 Key [a,b,c]');
  });

  it('lasts no longer than until time alone brings something back', () => {
    const world = new World({ backends: { a: { keys: ['k1', 'k2'], onExhausted: queue() } } });
    world.fill('a', 'k1');
    world.cool('a', 'k2', 100);
    expect(short(world.decide())).toBe('wait 100 Key [a]');
    expect(short(world.decide([], 100))).toBe('First a/k2');
  });

  it('ends when a breaker beside it may let through again', () => {
    const world = new World({ backends: { a: { onExhausted: queue() }, b: {} } });
    world.fill('a', 'k1');
    world.open('b', 300);
    expect(short(world.decide())).toBe('wait 300 Key [a,b]');
    expect(short(world.decide([], 300))).toBe('First b/k1');
  });

  it('has the patience of the most patient pool, from the last failure on', () => {
    const world = new World({ backends: { a: { onExhausted: queue(500) }, b: { onExhausted: queue(900) } } });
    world.fill('a', 'k1');
    world.fill('b', 'k1');
    expect(short(world.decide([], 600))).toBe('wait 300 Key [a,b]');
    expect(short(world.decide([], 900))).toBe('stop keys_exhausted 1000');
  });

  it('is offered to a repeat as well, once its back-off is over', () => {
    const world = new World({ backends: { a: { onExhausted: queue() } } });
    world.fill('a', 'k1');
    const history = [failed('a', 'k1', 'ServerError')];
    expect(short(world.decide(history))).toBe('wait 200 Backoff []');
    expect(short(world.decide(history, 200))).toBe('wait 1800 Key [a]');
    expect(short(world.decide(history, 2000))).toBe('stop retries_exhausted');
  });

  it('is offered after a refused key where another one is busy', () => {
    const world = new World({ backends: { a: { keys: ['k1', 'k2'], onExhausted: queue() } } });
    world.cool('a', 'k1', Infinity, 'Auth');
    world.fill('a', 'k2');
    expect(short(world.decide([failed('a', 'k1', 'Auth')]))).toBe('wait 2000 Key [a]');
  });

  it('until a rest is over comes before a repeat that only time lets happen', () => {
    const world = new World({ backends: { a: {} } });
    world.cool('a', 'k1', 5000);
    expect(short(world.decide([failed('a', 'k1', 'Overloaded')]))).toBe('wait 5000 Backoff []');
  });
});

describe('a wait for a connection', () => {
  const connections = { max: 1, maxPending: 2 };

  it('lasts as long as making one may, and names every backend of the tier that could serve', () => {
    const world = new World({ backends: { a: { connections }, b: { onExhausted: queue() } } });
    world.connectionsInUse.set('a', 1);
    world.fill('b', 'k1');
    expect(short(world.decide([], 1000, { startedMs: 0 }))).toBe('wait 4000 Connection [b,a]');
  });

  it('is not for a request when as many wait as may: it goes on, or ends as one without a backend', () => {
    const world = new World({ backends: { a: { connections }, b: { priority: 1 } } });
    world.connectionsInUse.set('a', 1);
    world.connectionsWaiting = 2;
    expect(short(world.decide())).toBe('First b/k1');
    world.open('b', 9000);
    expect(short(world.decide())).toBe('stop no_backend_available 0');
  });

  it('comes before a lower tier', () => {
    const world = new World({ backends: { a: { connections }, b: { priority: 1 } } });
    world.connectionsInUse.set('a', 1);
    expect(short(world.decide())).toBe('wait 5000 Connection [a]');
    expect(short(world.decide([], 5000))).toBe('First b/k1');
  });

  it('is offered to a repeat', () => {
    const world = new World({ backends: { a: { connections } } });
    world.connectionsInUse.set('a', 1);
    expect(short(world.decide([failed('a', 'k1', 'Network')], 200))).toBe('wait 4800 Connection [a]');
  });
});
