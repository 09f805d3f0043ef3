import type { ApiObject } from '#libs/apimachinery';
import { kindOf, kinds } from '#libs/resources';
import { createLogger } from '#libs/telemetry';
import { eventually, FakeClock } from '#libs/testing';
import { leading } from '../../test/leading.js';
import { createStoreFixture, type StoreFixture } from '../../test/store-fixture.js';
import { alice, controlPlane, create, keyOf, remove, update } from '../../test/test-kinds.js';
import type { CacheUpdate } from '../cache/cache-update.js';
import { cacheKey } from '../cache/object-cache.js';
import type { LeadershipListener } from '../leader/leader-election.js';
import type { Leadership } from '../leader/leadership.js';
import type { ObjectStore } from '../store/object-store.js';
import { namespaceKey, namespaceKind } from './built-in-namespaces.js';
import { withContentsFinalizer } from './contents-finalizer.js';
import { NamespaceController } from './namespace-controller.js';

const providers = kindOf('signalbox.dev/v1', 'Provider')!;
const secrets = kindOf('v1', 'Secret')!;
const consumers = kindOf('signalbox.dev/v1', 'Consumer')!;

/** The controller over a real store; its cache and its leadership are what the test says. */
class Harness {
  leadership: Leadership | undefined = leading(0);
  readonly commits: { kinds: string[]; epoch: number | undefined; refused?: string }[] = [];
  /** Runs before the controller's next commit. */
  between: () => Promise<void> = async () => {};
  #listener!: LeadershipListener;
  #onUpdate!: (update: CacheUpdate) => void;
  readonly objects = new Map<string, ApiObject>();
  readonly controller: NamespaceController;
  readonly clock = new FakeClock();

  constructor(fixture: StoreFixture, atOnce?: number) {
    const store: Pick<ObjectStore, 'get' | 'list' | 'commit'> = {
      get: (key) => fixture.store.get(key),
      list: (kind, options) => fixture.store.list(kind, options),
      commit: async (writes, origin, options) => {
        const between = this.between;
        this.between = async () => {};
        await between();
        const commit = { kinds: writes.map(({ key }) => key.kind.kind), epoch: options?.leadership?.epoch };
        try {
          const result = await fixture.store.commit(writes, origin, options);
          this.commits.push(commit);
          return result;
        } catch (error) {
          this.commits.push({ ...commit, refused: (error as Error).message });
          throw error;
        }
      },
    };
    this.controller = new NamespaceController({
      cache: {
        get: (key) => this.objects.get(key),
        entries: () => this.objects.entries(),
        onUpdate: (listener) => (this.#onUpdate = listener),
      },
      leader: Object.defineProperty(
        { current: undefined, addListener: (listener: LeadershipListener) => (this.#listener = listener) },
        'current',
        { get: () => this.leadership },
      ),
      store,
      kinds,
      clock: this.clock,
      random: () => 0.5,
      logger: createLogger({ name: 'test', level: 'silent' }),
      count: () => {},
      atOnce,
    });
    this.controller.start();
  }

  /** The cache sees the namespace as it is given. */
  see(object: ApiObject): void {
    const key = cacheKey(namespaceKind, '', object.metadata.name);
    const previous = this.objects.get(key);
    this.objects.set(key, object);
    this.#update({ key, kind: namespaceKind, object, previous, statusOnly: false });
  }

  seeDeleted(previous: ApiObject): void {
    const { namespace = '', name } = previous.metadata;
    this.#update({
      key: cacheKey(providers, namespace, name),
      kind: providers,
      object: undefined,
      previous,
      statusOnly: false,
    });
  }

  gain(leadership: Leadership): void {
    this.leadership = leadership;
    this.#listener.gained(leadership);
  }

  #update(change: CacheUpdate['changes'][number]): void {
    this.#onUpdate({ revision: 1, changes: [change], traceParents: [] });
  }
}

let fixture: StoreFixture;
let harness: Harness;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.close());
afterEach(() => harness.controller.stop());

const commit = (...writes: Parameters<typeof fixture.store.commit>[0]) => fixture.store.commit(writes, controlPlane);
const stored = (kind: typeof providers, name: string, namespace: string) =>
  fixture.store.get(keyOf(kind, name, namespace));
const namespaceOf = (name: string) => fixture.store.get(namespaceKey(name));
const createNamespace = (name: string) =>
  commit({
    key: namespaceKey(name),
    verb: 'create',
    mutate: () => withContentsFinalizer({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
  });
const withoutFinalizers = (object: ApiObject) => ({ ...object, metadata: { ...object.metadata, finalizers: [] } });
/** As somebody's DELETE does it. */
const terminate = async (name: string): Promise<ApiObject> => {
  await fixture.store.commit([remove(namespaceKey(name))], alice);
  return (await namespaceOf(name))!;
};
/** Type, status and message. */
const conditionsOf = async (name: string): Promise<string[][]> => {
  const conditions = (await namespaceOf(name))?.status?.['conditions'] as Record<string, string>[] | undefined;
  return (conditions ?? []).map(({ type = '', status = '', message = '' }) => [type, status, message]);
};
const emptied = (name: string) => eventually(async () => !(await namespaceOf(name)));

test('deletes what is in the namespace and then the namespace, all in its term; others stay', async () => {
  harness = new Harness(fixture);
  await createNamespace('team');
  await commit(
    create(keyOf(providers, 'a', 'team')),
    create(keyOf(secrets, 'b', 'team')),
    create(keyOf(consumers, 'c', 'team')),
  );
  await commit(create(keyOf(providers, 'a', 'other')));
  harness.see(await terminate('team'));
  await emptied('team');
  expect(harness.commits).toEqual([
    { kinds: ['Consumer', 'Provider', 'Secret', 'Namespace'], epoch: 0 },
    { kinds: ['Namespace'], epoch: 0 },
  ]);
  expect(await stored(providers, 'a', 'team')).toBeUndefined();
  expect(await stored(providers, 'a', 'other')).toBeDefined();
});

test('a namespace that nobody deleted is left alone', async () => {
  harness = new Harness(fixture);
  await createNamespace('living');
  await commit(create(keyOf(providers, 'a', 'living')));
  const namespace = (await namespaceOf('living'))!;
  // What the cache saw is old: the namespace was deleted and made anew.
  harness.see({ ...namespace, metadata: { ...namespace.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
  await createNamespace('marker');
  harness.see(await terminate('marker'));
  await emptied('marker');
  expect(harness.commits).toHaveLength(1);
  expect(await stored(providers, 'a', 'living')).toBeDefined();
});

test('deletes so many at once, until nothing is left', async () => {
  harness = new Harness(fixture, 2);
  await createNamespace('large');
  await commit(...['a', 'b', 'c', 'd', 'e'].map((name) => create(keyOf(secrets, name, 'large'))));
  harness.see(await terminate('large'));
  await emptied('large');
  expect(harness.commits.map((each) => each.kinds.length)).toEqual([3, 3, 2, 1]);
});

test('objects with finalizers hold the namespace; the last one that goes frees it', async () => {
  harness = new Harness(fixture);
  await createNamespace('held');
  const key = keyOf(providers, 'slow', 'held');
  await commit(create(keyOf(providers, 'quick', 'held')), {
    ...create(key),
    mutate: () => ({
      apiVersion: 'signalbox.dev/v1',
      kind: 'Provider',
      metadata: { name: 'slow', namespace: 'held', finalizers: ['example.com/wait'] },
    }),
  });
  harness.see(await terminate('held'));
  await eventually(async () => (await stored(providers, 'slow', 'held'))?.metadata.deletionTimestamp !== undefined);
  await eventually(async () => (await conditionsOf('held')).length > 0);
  expect(await conditionsOf('held')).toEqual([
    [
      'NamespaceContentRemaining',
      'True',
      'Some resources are remaining: providers.signalbox.dev has 1 resource instance, such as slow',
    ],
    [
      'NamespaceFinalizersRemaining',
      'True',
      'Finalizers hold it, which whoever set them removes: example.com/wait in 1 resource instance',
    ],
  ]);
  // Seen again, it is as it is said to be: nothing is written.
  const { resourceVersion } = (await namespaceOf('held'))!.metadata;
  harness.gain(leading(0));
  await eventually(() => harness.commits.length === 3);
  expect((await namespaceOf('held'))!.metadata.resourceVersion).toBe(resourceVersion);
  // What it says is said in its term, too.
  expect(harness.commits.map(({ epoch }) => epoch)).toEqual([0, 0, 0]);
  const held = (await stored(providers, 'slow', 'held'))!;
  await commit(update(key, withoutFinalizers));
  harness.seeDeleted(held);
  await emptied('held');
});

test('a namespace that somebody else’s finalizer holds, when nothing is left in it, says so', async () => {
  harness = new Harness(fixture);
  await createNamespace('guarded');
  const add = ({ metadata, ...object }: ApiObject) => ({
    ...object,
    metadata: { ...metadata, finalizers: [...metadata.finalizers!, 'example.com/guard'] },
  });
  await commit(update(namespaceKey('guarded'), add));
  harness.see(await terminate('guarded'));
  await eventually(async () => (await conditionsOf('guarded')).length > 0);
  expect(await conditionsOf('guarded')).toEqual([
    ['NamespaceContentRemaining', 'False', 'All content successfully removed'],
    [
      'NamespaceFinalizersRemaining',
      'True',
      'Finalizers hold it, which whoever set them removes: example.com/guard of the namespace itself',
    ],
  ]);
});

test('a namespace that was made anew between look and write keeps what is in it, of the same uid even', async () => {
  harness = new Harness(fixture);
  await createNamespace('again');
  await commit(create(keyOf(providers, 'kept', 'again')));
  const deleted = await terminate('again');
  harness.between = async () => {
    await commit(update(namespaceKey('again'), withoutFinalizers));
    await createNamespace('again');
  };
  harness.see(deleted);
  await eventually(() => harness.commits.length === 1);
  expect(harness.commits[0]!.refused).toMatch(/it is not the namespace that was deleted/);
  expect(await stored(providers, 'kept', 'again')).toBeDefined();
  expect((await namespaceOf('again'))!.metadata.deletionTimestamp).toBeUndefined();
});

test('an object that was made anew between look and write is not the one that was seen', async () => {
  harness = new Harness(fixture);
  await createNamespace('swapped');
  const key = keyOf(providers, 'a', 'swapped');
  await commit(create(key));
  const deleted = await terminate('swapped');
  harness.between = async () => {
    await commit(remove(key));
    await commit(create(key));
  };
  harness.see(deleted);
  await eventually(() => harness.commits.length === 1);
  expect(harness.commits[0]!.refused).toMatch(/it is not the object that was seen/);
  expect(await stored(providers, 'a', 'swapped')).toBeDefined();
});

test('an empty namespace that was made anew keeps its finalizer', async () => {
  harness = new Harness(fixture);
  await createNamespace('empty');
  const deleted = await terminate('empty');
  harness.between = async () => {
    await commit(update(namespaceKey('empty'), withoutFinalizers));
    await createNamespace('empty');
    await commit(create(keyOf(providers, 'new', 'empty')));
    await terminate('empty');
  };
  harness.see(deleted);
  await eventually(() => harness.commits.length === 1);
  expect(harness.commits[0]!.refused).toMatch(/it is not the namespace that was deleted/);
  expect(await stored(providers, 'new', 'empty')).toBeDefined();
  expect(await namespaceOf('empty')).toBeDefined();
});

test('only the leader does it, and whoever begins to lead goes on with all that are being terminated', async () => {
  harness = new Harness(fixture);
  harness.leadership = undefined;
  await createNamespace('led');
  await commit(create(keyOf(providers, 'a', 'led')));
  harness.see(await terminate('led'));
  for (let trips = 0; trips < 5; trips++) expect(await namespaceOf('led')).toBeDefined();
  harness.gain(leading(0));
  await emptied('led');
  expect(harness.commits.map(({ epoch, refused }) => [epoch, refused])).toEqual([
    [0, undefined],
    [0, undefined],
  ]);
});

test('a leader who has been replaced deletes nothing', async () => {
  harness = new Harness(fixture);
  await createNamespace('fenced');
  await commit(create(keyOf(providers, 'a', 'fenced')));
  harness.leadership = leading(-1);
  harness.see(await terminate('fenced'));
  await eventually(() => harness.commits.length === 1);
  expect(harness.commits[0]!.refused).toMatch(/leadership epoch -1 has ended/);
  expect(await stored(providers, 'a', 'fenced')).toBeDefined();
});
