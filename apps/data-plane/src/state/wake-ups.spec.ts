import { BREAKER, type Configuration } from '../../test/support/entries.js';
import type { Permit } from './permit.js';
import { provider, Scene } from '../../test/support/scene.js';
import { Waiter } from './waiting-lines.js';

describe('who waits', () => {
  const configuration: Configuration['providers'] = [
    provider('a', { keys: [{ name: 'k', maxConcurrency: 1 }] }),
    provider('b', { backend: { connections: { max: 1, maxPending: 9 } } }),
  ];
  const line = (scene: Scene, pools: readonly string[], connections: readonly string[]) => {
    const woken: number[] = [];
    const join = (name: number) => {
      const waiter = new Waiter(() => woken.push(name));
      scene.plane.routing.lines.wait({ pools, connections }, waiter);
    };
    return { woken, join };
  };
  const take = (scene: Scene, at: number) => {
    const { route, table } = scene.plane;
    const candidate = route.rules[0]!.tiers.list[0]!.candidates[at]!;
    const plan = { ...scene.plan()!, candidate, key: candidate.pool.keys[0]! };
    return table.admit(plan, scene.nowMs) as Permit;
  };

  it('for a key or a connection is woken by whatever is given back first, once', async () => {
    const scene = await Scene.of(...configuration);
    const [key, connection] = [take(scene, 0), take(scene, 1)];
    const connectionsOfB = [...scene.plane.routing.connections]
      .map(({ id }) => id)
      .find((id) => id.includes('b.test'))!;
    const { woken, join } = line(scene, ['default/a'], [connectionsOfB]);
    join(1);
    connection.settle({ ok: true }, 1);
    expect(woken).toEqual([1]);
    key.settle({ ok: true }, 1);
    expect(woken).toEqual([1]);
  });

  it.each([
    ['a reset of the breaker', (scene: Scene) => scene.plane.routing.resetBreaker('default/a/m', 0)],
    ['a reset of the key', (scene: Scene) => scene.plane.routing.resetCredential('default/a/k')],
    [
      'a new value of the key',
      (scene: Scene) => {
        scene.plane.credentials.rotate('default/a/k', 'v2');
        scene.recheck(0);
      },
    ],
  ])('is woken by %s', async (_name, act) => {
    const scene = await Scene.of(...configuration);
    take(scene, 0).settle({ ok: false, class: 'Auth' }, 0);
    const { woken, join } = line(scene, ['default/a'], []);
    join(1);
    join(2);
    act(scene);
    expect(woken).toEqual([1, 2]);
  });

  it('all are woken by a probe that has content, as the breaker may have closed', async () => {
    const scene = await Scene.of(
      provider('a', { backend: { breaker: { ...BREAKER, consecutiveFailures: 1, successesToClose: 1 } } }),
    );
    scene.fail('ServerError');
    scene.nowMs = 30_000;
    const probe = scene.admit();
    const { woken, join } = line(scene, ['default/a'], []);
    join(1);
    join(2);
    probe.committed(30_000);
    expect(woken).toEqual([1, 2]);
  });
});
