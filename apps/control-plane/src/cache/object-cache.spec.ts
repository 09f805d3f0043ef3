import type { ApiObject } from '#libs/apimachinery';
import { kinds } from '#libs/resources';
import { createLogger } from '#libs/telemetry';
import { FakeClock } from '#libs/testing';
import { ObjectCache } from './object-cache.js';
import type { CacheUpdate } from './cache-update.js';
import { ScriptedStore } from '../store/testing/scripted-store.js';

const consumer = (name: string, labels: Record<string, string> = {}): ApiObject => ({
  apiVersion: 'signalbox.dev/v1',
  kind: 'Consumer',
  metadata: { name, namespace: 'default', uid: `uid-${name}`, generation: 1, labels },
  spec: { keys: [] },
});

describe('ObjectCache', () => {
  let clock: FakeClock;
  let store: ScriptedStore;
  let cache: ObjectCache;
  let updates: CacheUpdate[];

  beforeEach(() => {
    clock = new FakeClock();
    store = new ScriptedStore();
    const logger = createLogger({ name: 'test', level: 'silent' });
    cache = new ObjectCache({ store, feed: store, kinds, clock, random: () => 0.5, logger });
    updates = [];
    cache.onUpdate((update) => updates.push(update));
  });
  afterEach(() => cache.stop());

  const names = () => [...cache.entries()].map(([, object]) => object.metadata.name);
  const told = () =>
    updates.map(({ changes }) => changes.map(({ key, object }) => `${object ? '+' : '-'}${key.split('/').at(-1)}`));

  it('starts with a snapshot, then follows whole transactions', async () => {
    store.put(consumer('a'));
    cache.start();
    await clock.advanceAsync(0);
    store.commit(consumer('b'), { traceParent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` });
    expect(told()).toEqual([['+a'], ['+b']]);
    expect([names(), cache.revision]).toEqual([['a', 'b'], 2]);
    expect(updates[1]?.traceParents).toHaveLength(1);
  });

  it('tells when it has reached a log position, and when it has not in time', async () => {
    cache.start();
    const reached = cache.reached(1, 5_000);
    await clock.advanceAsync(0);
    store.commit(consumer('a'));
    expect(await reached).toBe(true);
    expect(await cache.reached(1, 5_000)).toBe(true);
    const never = cache.reached(2, 5_000);
    await clock.advanceAsync(5_000);
    expect(await never).toBe(false);
  });

  it('tells an empty store, too: there is a state, and it is empty', async () => {
    cache.start();
    await clock.advanceAsync(0);
    expect([told(), cache.revision]).toEqual([[[]], 0]);
  });

  it('knows a status write from any other', async () => {
    cache.start();
    await clock.advanceAsync(0);
    store.commit(consumer('a'));
    store.commit(consumer('a'), { subresource: 'status' });
    expect(updates.slice(1).map(({ changes }) => changes[0]?.statusOnly)).toEqual([false, true]);
  });

  it('a failed read leaves everything as it is, and is repeated', async () => {
    store.put(consumer('a'));
    store.failing = true;
    cache.start();
    await clock.advanceAsync(1_000);
    expect([cache.revision, updates]).toEqual([undefined, []]);
    expect(store.snapshots).toBeGreaterThan(2);
    store.failing = false;
    await clock.advanceAsync(10_000);
    expect(names()).toEqual(['a']);
  });

  it('after a gap lists again, and tells what changed meanwhile: new, changed and gone', async () => {
    for (const name of ['same', 'changed', 'gone']) store.put(consumer(name));
    cache.start();
    await clock.advanceAsync(0);
    store.put(consumer('changed', { tier: 'gold' }));
    store.remove(consumer('gone'));
    store.put(consumer('new'));
    store.end();
    await clock.advanceAsync(0);
    expect(told()[1]?.sort()).toEqual(['+changed', '+new', '-gone']);
    expect(names().sort()).toEqual(['changed', 'new', 'same']);
    store.commit(consumer('later'));
    expect(told()[2]).toEqual(['+later']);
  });

  describe('a listener that throws', () => {
    const seen = ({ changes }: CacheUpdate) =>
      changes.map(({ object, previous, key, statusOnly }) => [
        key.split('/').at(-1),
        previous?.metadata.labels?.['v'],
        object?.metadata.labels?.['v'],
        statusOnly,
      ]);

    it('keeps a change from no other, and gets all that it missed again, as one', async () => {
      const taken: unknown[] = [];
      let broken = true;
      cache.onUpdate((update) => {
        if (broken) throw new Error('not now');
        taken.push(seen(update));
      });
      const after: CacheUpdate[] = [];
      cache.onUpdate((update) => after.push(update));
      store.put(consumer('a', { v: '1' }));
      cache.start();
      await clock.advanceAsync(0);
      store.commit(consumer('a', { v: '2' }), { subresource: 'status' });
      store.commit(consumer('b', { v: '1' }));
      store.commit(consumer('b', { v: '2' }));
      expect([updates, after].map(({ length }) => length)).toEqual([4, 4]);
      expect(cache.revision).toBe(4);
      broken = false;
      await clock.advanceAsync(1_000);
      expect(taken).toEqual([
        [
          ['a', undefined, '2', false],
          ['b', undefined, '2', false],
        ],
      ]);
      store.commit(consumer('b', { v: '3' }), { subresource: 'status' });
      expect(taken.at(-1)).toEqual([['b', '2', '3', true]]);
    });

    it("is told what it missed with the next change at the latest, and doesn't end the feed", async () => {
      cache.start();
      await clock.advanceAsync(0);
      let failures = 1;
      const taken: unknown[] = [];
      cache.onUpdate((update) => {
        if (failures-- > 0) throw new Error('not now');
        taken.push(seen(update));
      });
      store.commit(consumer('a', { v: '1' }));
      store.commit(consumer('b', { v: '1' }));
      expect(taken).toEqual([
        [
          ['a', undefined, '1', false],
          ['b', undefined, '1', false],
        ],
      ]);
      await clock.advanceAsync(60_000);
      expect([taken.length, store.snapshots]).toEqual([1, 1]);
    });
  });
});
