import type { ApiObject } from '#libs/apimachinery';
import { ReconcileError } from '#libs/reconcile';
import { kindOf, kinds } from '#libs/resources';
import { createLogger } from '#libs/telemetry';
import { FakeClock } from '#libs/testing';
import { ObjectCache } from '../cache/object-cache.js';
import { leading } from '../../test/leading.js';
import type { Leadership } from '../leader/leadership.js';
import { ScriptedStore } from '../store/testing/scripted-store.js';
import { StaleDataPlanes } from './stale-data-planes.js';

const plane = (connected: boolean, connectedTo: string): ApiObject => ({
  apiVersion: 'signalbox.dev/v1',
  kind: 'DataPlane',
  metadata: { name: 'plane', uid: 'uid' },
  status: { uid: 'uid', connected, connectedTo, software: '1', revision: 1, version: 'a' },
});

describe('StaleDataPlanes', () => {
  let clock: FakeClock;
  let store: ScriptedStore;
  let stale: StaleDataPlanes;
  let cache: ObjectCache;
  let leader: { current: Leadership | undefined };
  let alive: Set<string>;
  let looks: number;
  let onLook: () => void;
  let refused: string | undefined;
  let commits: { verb: string; result: ApiObject | undefined; epoch: number | undefined }[];

  beforeEach(async () => {
    clock = new FakeClock();
    store = new ScriptedStore();
    leader = { current: leading(7) };
    alive = new Set(['living']);
    commits = [];
    looks = 0;
    onLook = () => {};
    refused = undefined;
    const logger = createLogger({ name: 'test', level: 'silent' });
    const running = { clock, random: () => 0.5, logger };
    cache = new ObjectCache({ store, feed: store, kinds, ...running });
    stale = new StaleDataPlanes({
      kind: kindOf('signalbox.dev/v1', 'DataPlane')!,
      cache,
      leader,
      livingReplicas: async () => {
        looks++;
        onLook();
        return alive;
      },
      count: () => {},
      ...running,
      store: {
        commit: async ([write], _origin, options) => {
          if (write!.key.name === refused) throw new Error('it can’t be written');
          const stored = store.objects.get(`DataPlane//${write!.key.name}`);
          const result = write!.mutate(stored);
          commits.push({ verb: write!.verb, result, epoch: options?.leadership?.epoch });
          if (result && result !== stored) store.commit(result);
          return { revision: store.revision, results: [] };
        },
      },
    });
  });
  afterEach(() => Promise.all([stale.stop(), cache.stop()]));

  async function start(object: ApiObject): Promise<void> {
    store.put(object);
    cache.start();
    await clock.advanceAsync(0);
    stale.start();
    await clock.advanceAsync(0);
  }

  it('leaves those of a living replica alone', async () => {
    await start(plane(true, 'living'));
    await clock.advanceAsync(60_000);
    expect(commits).toEqual([]);
  });

  it('gives those of a dead replica time to come back, then marks them, under its epoch', async () => {
    await start(plane(true, 'dead'));
    await clock.advanceAsync(14_000);
    expect(commits).toEqual([]);
    await clock.advanceAsync(10_000);
    expect(commits).toEqual([
      {
        verb: 'update',
        epoch: 7,
        result: expect.objectContaining({ status: expect.objectContaining({ connected: false }) }),
      },
    ]);
  });

  it('does nothing to one that came back elsewhere', async () => {
    await start(plane(true, 'dead'));
    await clock.advanceAsync(10_000);
    store.commit(plane(true, 'living'));
    await clock.advanceAsync(60_000);
    expect(commits).toEqual([]);
  });

  it('removes one that was away for an hour', async () => {
    await start(plane(false, 'living'));
    await clock.advanceAsync(59 * 60_000);
    expect(commits).toEqual([]);
    await clock.advanceAsync(2 * 60_000);
    expect(commits[0]).toEqual({ verb: 'delete', epoch: 7, result: undefined });
  });

  it('asks once for all replicas, however many data planes there are', async () => {
    for (const name of ['b', 'c', 'd']) store.put({ ...plane(true, name), metadata: { name, uid: name } });
    await start(plane(true, 'living'));
    expect(looks).toBe(1);
  });

  it('writes in the term in which it looked, also when that ends meanwhile', async () => {
    await start(plane(true, 'dead'));
    await clock.advanceAsync(14_000);
    onLook = () => (leader.current = undefined);
    await clock.advanceAsync(10_000);
    expect(commits).toMatchObject([{ verb: 'update', epoch: 7 }]);
  });

  it('a look that fails doesn’t begin the time anew', async () => {
    await start(plane(false, 'living'));
    await clock.advanceAsync(59 * 60_000);
    onLook = () => {
      throw new ReconcileError('the database is away');
    };
    await clock.advanceAsync(20_000);
    onLook = () => {};
    await clock.advanceAsync(2 * 60_000);
    expect(commits[0]).toMatchObject({ verb: 'delete' });
  });

  it('one that can’t be written keeps nobody from the others', async () => {
    refused = 'bad';
    for (const name of ['bad', 'good']) store.put({ ...plane(true, 'dead'), metadata: { name, uid: name } });
    await start(plane(true, 'living'));
    await clock.advanceAsync(60_000);
    expect(store.objects.get('DataPlane//good')?.status).toMatchObject({ connected: false });
  });

  it('is the work of the leader', async () => {
    leader.current = undefined;
    await start(plane(true, 'dead'));
    await clock.advanceAsync(60_000);
    expect(commits).toEqual([]);
  });
});
