import type { Decision } from './decision.js';
import { nothingPassedOver } from './passed-over.js';
import { failed, World } from './testing/world.js';

/** `a BreakerOpen 1000`, one a candidate. */
function notes(decision: Decision): readonly string[] {
  const passedOver =
    decision.attempts === undefined ? (decision.wait ?? decision.stop).passedOver : decision.passedOver;
  return passedOver.map(({ candidate, reason, untilMs }) => [candidate, reason, untilMs].join(' ').trim());
}

const queue = { type: 'Queue' as const, queue: { maxDepth: 100, maxWaitMs: 2000 } };

describe('what was passed over', () => {
  it('is nothing, and costs nothing, where the first choice can serve', () => {
    const world = new World({ backends: { a: {}, drained: { weight: 0 }, b: { priority: 1 } } });
    const { attempts, passedOver } = world.decide() as Extract<Decision, { attempts: unknown }> & {
      passedOver: unknown;
    };
    expect(attempts?.[0]?.candidate.backend).toBe('a');
    expect(passedOver).toBe(nothingPassedOver);
  });

  it.each<[string, (world: World) => void, string]>([
    ['a breaker that blocks', (world) => world.open('a', 9000), 'a BreakerOpen 9000'],
    [
      'probes under way',
      ({ breakers }) =>
        breakers.set('a', { phase: 'HalfOpen', epoch: 2, openings: 1, probesInFlight: 1, successes: 0 }),
      'a ProbesTaken',
    ],
    ['busy connections', ({ connectionsInUse }) => connectionsInUse.set('a', 1), 'a ConnectionLimit'],
    ['busy keys', (world) => world.fill('a', 'k1'), 'a KeysSaturated'],
    ['resting keys', (world) => world.cool('a', 'k1', 700), 'a KeysCooling 700'],
    ['used-up keys', (world) => world.cool('a', 'k1', 800, 'QuotaExhausted'), 'a KeysExhausted 800'],
    ['refused keys', (world) => world.cool('a', 'k1', Infinity, 'Auth'), 'a KeysRefused'],
    ['keys refused for a time', (world) => world.cool('a', 'k1', 900, 'Auth'), 'a KeysRefused 900'],
    ['keys without a value', (world) => world.cool('a', 'k1', Infinity, 'Unresolved'), 'a NoCredential'],
  ])('names %s', (_name, trouble, expected) => {
    const world = new World({ backends: { a: { connections: { max: 1, maxPending: 0 } }, b: { priority: 1 } } });
    trouble(world);
    const decision = world.decide();
    expect(decision.attempts?.[0]?.candidate.backend).toBe('b');
    expect(notes(decision)).toEqual([expected]);
    expect(notes(new World({ backends: { a: { keys: [] } } }).decide())).toEqual(['a NoKeyForModel']);
  });

  it('names what the table rules out, once the request had to look further', () => {
    const world = new World({ backends: { a: {}, drained: { weight: 0 }, gone: {} }, missing: ['gone'] });
    world.open('a', 100);
    expect(notes(world.decide())).toEqual(['a BreakerOpen 100', 'drained Drained', 'gone BackendMissing']);
    const poolless = new World({ backends: { a: {} }, missingPools: ['a'] });
    expect(notes(poolless.decide())).toEqual(['a PoolMissing']);
  });

  it('stands on waits, and a candidate that is taken after all is not in it', () => {
    const world = new World({ backends: { a: { onExhausted: queue }, b: {} } });
    world.fill('a', 'k1');
    world.open('b', 9000);
    expect(notes(world.decide()).toSorted()).toEqual(['a KeysSaturated', 'b BreakerOpen 9000']);
    const retried = new World({ backends: { a: { keys: ['k1', 'k2'] }, b: { priority: 1 } } });
    retried.open('b', 9000);
    const decision = retried.decide([failed('a', 'k1', 'ServerError')], 500);
    expect(decision.attempts?.[0]?.key.name).toBe('k2');
    expect(notes(decision)).toEqual(['b BreakerOpen 9000']);
  });

  it('says that the request used a backend, its free keys, or was refused by it', () => {
    const world = new World({ backends: { a: { keys: ['k1'] }, b: { priority: 1 } } });
    expect(notes(world.decide([failed('a', 'k1', 'ServerError')]))).toEqual(['a Tried']);
    const two = [failed('a', 'k1', 'Auth'), failed('b', 'k1', 'Auth')];
    expect(notes(world.decide(two)).toSorted()).toEqual(['a KeysTried', 'b KeysTried']);
    const fallback = new World({
      backends: { a: {} },
      outside: { large: {} },
      fallbacks: [
        {
          errors: ['ContextLength'],
          backends: [
            { backend: 'a', weight: 1, priority: 0 },
            { backend: 'large', weight: 1, priority: 1 },
          ],
        },
      ],
    });
    const decision = fallback.decide([failed('a', 'k1', 'ContextLength')]);
    expect(decision.attempts?.[0]?.candidate.backend).toBe('large');
    expect(notes(decision)).toEqual(['a RefusedRequest']);
  });
});
