import type { Provider } from '../../test/support/entries.js';
import { KEEP_UNNAMED_MS } from './identity-map.js';
import { provider, Scene } from '../../test/support/scene.js';

describe('a key', () => {
  const twoModels = (): readonly Provider[] => [
    provider('a', { pool: { keys: [shared] } }),
    provider('b', { backend: { provider: 'a', model: 'n' }, pool: { keys: [shared] }, priority: 1 }),
  ];
  const shared = { name: 'k', credential: 'default/a/key-0', weight: 1, limiterId: 'default/a/k' };
  const keysOf = (scene: Scene) => {
    const { route, table } = scene.plane;
    const [a, b] = route.rules[0]!.tiers.list.flatMap(({ candidates }) => candidates);
    return [table.keys(a!), table.keys(b!)].map(({ hasAny, obstacle }) => (hasAny ? 'free' : obstacle));
  };

  it.each([
    [{ class: 'RateLimited' }, ['KeysCooling', 'free']],
    [{ class: 'RateLimited', about: 'Key' }, ['KeysCooling', 'KeysCooling']],
    [{ class: 'Auth', about: 'Model' }, ['KeysRefused', 'free']],
    [{ class: 'Auth' }, ['KeysRefused', 'KeysRefused']],
    [{ class: 'QuotaExhausted' }, ['KeysExhausted', 'KeysExhausted']],
  ] as const)('after %p rests for the model, or for all', async (outcome, expected) => {
    const scene = await Scene.of(...twoModels());
    keysOf(scene);
    scene.admit().settle({ ok: false, ...outcome }, 0);
    expect(keysOf(scene)).toEqual(expected);
  });

  it('rests until the later of its two pauses, and a rotation ends both', async () => {
    const scene = await Scene.of(...twoModels());
    const [first, second] = [scene.admit(), scene.admit()];
    first.settle({ ok: false, class: 'RateLimited', retryAfterMs: 60_000 }, 0);
    second.settle({ ok: false, class: 'RateLimited', about: 'Key', retryAfterMs: 1000 }, 0);
    scene.nowMs = 1000;
    expect(scene.plan()?.candidate.backend).toBe('default/b/m');
    expect(keysOf(scene)).toEqual(['KeysCooling', 'free']);
    scene.plane.credentials.rotate('default/a/key-0', 'v2');
    scene.recheck(1001);
    expect(keysOf(scene)).toEqual(['free', 'free']);
  });

  it('whose pause was prolonged stays out until the later end', async () => {
    const scene = await Scene.of(provider('a'));
    const [first, second] = [scene.admit(), scene.admit()];
    first.settle({ ok: false, class: 'RateLimited', retryAfterMs: 1000 }, 0);
    second.settle({ ok: false, class: 'RateLimited', retryAfterMs: 9000 }, 0);
    scene.nowMs = 1000;
    expect(scene.obstacles()).toEqual(['KeysCooling']);
    scene.nowMs = 9000;
    expect(scene.obstacles()).toEqual([]);
  });

  it('whose quota was used up comes back on trial: one request at a time, until one has content', async () => {
    const scene = await Scene.of(provider('a'));
    scene.fail('QuotaExhausted', 'insufficient_quota');
    expect(scene.obstacles()).toEqual(['KeysExhausted']);
    scene.nowMs = 3_600_000;
    const trial = scene.admit();
    expect(scene.obstacles()).toEqual(['KeysSaturated']);
    trial.settle({ ok: false, class: 'ServerError' }, scene.nowMs);
    const again = scene.admit();
    expect(scene.obstacles()).toEqual(['KeysSaturated']);
    again.committed(scene.nowMs);
    expect(scene.obstacles()).toEqual([]);
    const key = { credential: 'default/a/key-0', pool: 'default/a', name: 'key-0' };
    expect(scene.plane.events).toEqual([
      { type: 'KeyRests', key, cause: 'QuotaExhausted', code: 'insufficient_quota', untilMs: 3_600_000 },
      { type: 'KeyBack', key, cause: 'QuotaExhausted', by: 'Time' },
      { type: 'KeyBack', key, cause: 'QuotaExhausted', by: 'Success' },
    ]);
  });

  it('that is rotated during its trial is free at once', async () => {
    const scene = await Scene.of(provider('a'));
    scene.fail('QuotaExhausted', 'insufficient_quota');
    scene.nowMs = 3_600_000;
    scene.admit();
    expect(scene.obstacles()).toEqual(['KeysSaturated']);
    scene.plane.credentials.rotate('default/a/key-0', 'v2');
    scene.plane.routing.credentials.resolve(scene.plane.route.rules[0]!.tiers.list[0]!.candidates[0]!.pool.keys[0]!);
    expect(scene.obstacles()).toEqual([]);
  });

  it('on trial whose quota is used up still rests again', async () => {
    const scene = await Scene.of(provider('a'));
    scene.fail('QuotaExhausted');
    scene.nowMs = 3_600_000;
    scene.fail('QuotaExhausted');
    expect(scene.obstacles()).toEqual(['KeysExhausted']);
    scene.nowMs = 7_199_999;
    expect(scene.obstacles()).toEqual(['KeysExhausted']);
    scene.nowMs = 7_200_000;
    expect(scene.obstacles()).toEqual([]);
  });

  it('is news once, however many requests were under way, and again when the reason is another one', async () => {
    const scene = await Scene.of(provider('a'));
    const permits = [scene.admit(), scene.admit(), scene.admit()];
    for (const permit of permits.slice(1)) permit.settle({ ok: false, class: 'QuotaExhausted' }, 0);
    permits[0]!.settle({ ok: false, class: 'Auth', code: 'account_deactivated' }, 1);
    expect(scene.plane.events).toMatchObject([
      { type: 'KeyRests', cause: 'QuotaExhausted' },
      { type: 'KeyRests', cause: 'Auth', code: 'account_deactivated', untilMs: Infinity },
    ]);
  });

  it('an old value says nothing of the new one', async () => {
    const scene = await Scene.of(provider('a'));
    const permit = scene.admit();
    scene.plane.credentials.rotate('default/a/key-0', 'v2');
    scene.admit().settle({ ok: true }, 0);
    permit.settle({ ok: false, class: 'Auth' }, 0);
    expect(scene.obstacles()).toEqual([]);
  });

  it.each(['Operator', 'Rotation'] as const)(
    'that is back by %s is news of each of its pauses, with its reason',
    async (by) => {
      const scene = await Scene.of(...twoModels());
      const [first, second] = [scene.admit(), scene.admit()];
      first.settle({ ok: false, class: 'Auth', about: 'Model' }, 0);
      second.settle({ ok: false, class: 'QuotaExhausted' }, 0);
      scene.plane.events.splice(0);
      const { routing, credentials } = scene.plane;
      if (by === 'Operator') routing.resetCredential('default/a/key-0');
      else {
        credentials.rotate('default/a/key-0', 'v2');
        scene.recheck(1);
      }
      const key = { credential: 'default/a/key-0', name: 'k' };
      expect(scene.plane.events).toEqual([
        { type: 'KeyBack', key: expect.objectContaining(key), cause: 'QuotaExhausted', by },
        { type: 'KeyBack', key: expect.objectContaining({ ...key, model: 'm' }), cause: 'Auth', by },
      ]);
    },
  );

  it('is back by the hand of an operator', async () => {
    const scene = await Scene.of(provider('a'));
    scene.fail('Auth');
    const reset = () => scene.plane.routing.resetCredential('default/a/key-0');
    expect(reset()).toEqual({ untilMs: Infinity, wasOnTrial: false });
    expect([scene.obstacles(), reset()]).toEqual([[], { untilMs: 0, wasOnTrial: false }]);
    expect(scene.plane.routing.resetCredential('default/a/key-9')).toBeUndefined();
  });

  it('that is forgotten is not looked for any more, and nothing is said of it when its time is over', async () => {
    const scene = await Scene.of(provider('a'));
    scene.fail('QuotaExhausted');
    const { events, routing } = scene.plane;
    const { byId } = routing.credentials;
    for (const nowMs of [0, KEEP_UNNAMED_MS]) Array.from(byId.sweep(new Set(), nowMs));
    events.length = 0;
    routing.advance(3_600_000);
    expect([byId.size, routing.credentials.hasPaused, events]).toEqual([0, false, []]);
  });

  it('on trial is offered by no table that is swapped in meanwhile, until it has passed', async () => {
    const scene = await Scene.of(provider('a'));
    scene.fail('QuotaExhausted');
    scene.nowMs = 3_600_000;
    const trial = scene.admit();
    await scene.plane.serve({ providers: [provider('a', { backend: { upstreamName: 'another' } })] });
    expect(scene.obstacles()).toEqual(['KeysSaturated']);
    trial.settle({ ok: true }, scene.nowMs);
    expect(scene.obstacles()).toEqual([]);
  });
});
