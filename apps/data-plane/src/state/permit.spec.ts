import { BREAKER, type Provider } from '../../test/support/entries.js';
import { provider, Scene } from '../../test/support/scene.js';

const nothing = { keys: 0, connections: 0, probes: 0, permits: 0 };

describe('admitting', () => {
  it('takes a key, its quota group and a connection, and settling gives all back, once', async () => {
    const scene = await Scene.of(provider('a'));
    const permit = scene.admit();
    expect(permit.credential).toMatchObject({ id: 'default/a/key-0', version: 'v1' });
    expect(scene.taken).toEqual({ keys: 1, connections: 1, probes: 0, permits: 1 });
    permit.settle({ ok: true }, 5);
    expect(scene.taken).toEqual(nothing);
    permit.settle({ ok: false, class: 'ServerError' }, 6);
    permit.committed(7);
    expect(scene.taken).toEqual(nothing);
    for (let i = 0; i < 4; i += 1) scene.fail('ServerError');
    expect(scene.phase).toBe('Closed');
  });

  it.each<[string, Partial<Provider>, string]>([
    ['key', { keys: [{ name: 'k', maxConcurrency: 1 }] }, 'KeysSaturated'],
    ['connection', { backend: { connections: { max: 1, maxPending: 9 } } }, 'ConnectionLimit'],
  ])('a plan that another request was quicker with is refused, and takes nothing: %s', async (_name, more, refusal) => {
    const scene = await Scene.of(provider('a', more));
    const plan = scene.plan()!;
    scene.admit();
    const before = scene.taken;
    expect(scene.plane.table.admit(plan, 0)).toBe(refusal);
    expect(scene.taken).toEqual(before);
    expect(scene.obstacles()).toEqual([refusal]);
  });

  it('a key whose value went takes nothing, and is offered no more', async () => {
    const scene = await Scene.of(provider('a'));
    scene.fail('ServerError');
    const plan = scene.plan()!;
    scene.plane.credentials.revoke('default/a/key-0');
    expect(scene.plane.table.admit(plan, 0)).toBe('NoCredential');
    expect([scene.taken, scene.obstacles()]).toEqual([nothing, ['NoCredential']]);
  });

  it('withdraws from the retry budget where the plan says so, and only there', async () => {
    const scene = await Scene.of(provider('a'));
    const { table, route } = scene.plane;
    const plan = scene.plan()!;
    const before = table.retryBalance(route.entry, 0);
    table.admit(plan, 0);
    expect(table.retryBalance(route.entry, 0)).toBe(before);
    table.admit({ ...plan, drawsOnRetryBudget: true }, 0);
    expect(table.retryBalance(route.entry, 0)).toBe(before - 1);
  });
});

describe('a breaker', () => {
  const opened = async (policy: Partial<typeof BREAKER> = {}) => {
    const breaker = { ...BREAKER, ...policy };
    const scene = await Scene.of(provider('a', { backend: { breaker } }));
    for (let i = 0; i < breaker.consecutiveFailures; i += 1) scene.fail('ServerError', 'overload');
    return scene;
  };

  it('says what opened it', async () => {
    const scene = await opened();
    expect(scene.plane.events).toEqual([
      {
        type: 'BreakerOpened',
        breaker: 'default/a/m',
        cause: { errorClass: 'ServerError', code: 'overload' },
        openings: 1,
        untilMs: 30_000,
      },
    ]);
    expect(scene.obstacles()).toEqual(['BreakerOpen']);
  });

  it('gets its probe back at the commit point, not when the answer has ended', async () => {
    const scene = await opened();
    scene.nowMs = 30_000;
    const probe = scene.admit();
    expect([scene.taken.probes, scene.obstacles()]).toEqual([1, ['ProbesTaken']]);
    probe.committed(30_500);
    expect([scene.taken.probes, scene.obstacles()]).toEqual([0, []]);
    scene.admit().committed(30_600);
    expect(scene.phase).toBe('Closed');
    probe.settle({ ok: true }, 90_000);
    expect(scene.phase).toBe('Closed');
  });

  it('opens again when the answer of a probe is cut off', async () => {
    const scene = await opened();
    scene.nowMs = 30_000;
    const probe = scene.admit();
    probe.committed(30_500);
    probe.settle({ ok: false, class: 'Network' }, 31_000);
    expect(scene.phase).toBe('Open');
  });

  it('that a probe closed hears of the rest of its answer', async () => {
    const scene = await opened({ successesToClose: 1, consecutiveFailures: 1 });
    scene.nowMs = 30_000;
    const probe = scene.admit();
    probe.committed(30_500);
    expect(scene.phase).toBe('Closed');
    probe.settle({ ok: false, class: 'Network' }, 31_000);
    expect(scene.phase).toBe('Open');
  });

  it('counts answers that are cut off, however many begin well', async () => {
    const scene = await Scene.of(provider('a'));
    for (let i = 0; i < 5; i += 1) {
      const permit = scene.admit();
      permit.committed(0);
      permit.settle({ ok: false, class: 'Network' }, 10);
    }
    expect(scene.phase).toBe('Open');
  });

  it('learns nothing from a client that leaves', async () => {
    const scene = await opened();
    scene.nowMs = 30_000;
    scene.admit().settle({ ok: false, class: 'Cancelled' }, 30_100);
    expect([scene.phase, scene.taken, scene.obstacles()]).toEqual(['HalfOpen', nothing, []]);
  });
});

describe('a reset', () => {
  it('closes a breaker for new attempts, and what those of before come to counts no more', async () => {
    const scene = await Scene.of(provider('a', { backend: { breaker: { ...BREAKER, consecutiveFailures: 1 } } }));
    const old = scene.admit();
    scene.fail('ServerError');
    expect(scene.plane.routing.resetBreaker('default/a/m', 10)).toBe('Open');
    old.settle({ ok: false, class: 'ServerError' }, 20);
    expect([scene.phase, scene.obstacles()]).toEqual(['Closed', []]);
    expect(scene.plane.events.at(-1)).toEqual({ type: 'BreakerClosed', breaker: 'default/a/m', by: 'Operator' });
    expect(scene.plane.routing.resetBreaker('default/x/m', 10)).toBeUndefined();
  });
});
