import type { ApiObject, Condition } from '#libs/apimachinery';
import type { Fleet, Verdict } from '#libs/compiler';
import { kinds } from '#libs/resources';
import { createLogger } from '#libs/telemetry';
import { FakeClock } from '#libs/testing';
import { LeadershipLostError } from '../store/fencing.js';
import type { CommitResult, ObjectStore } from '../store/object-store.js';
import { CompileVerdicts } from '../compile/compile-verdicts.js';
import { ObjectCache } from '../cache/object-cache.js';
import { StatusController } from './status-controller.js';
import { leading } from '../../test/leading.js';
import type { Leadership } from '../leader/leadership.js';
import { ScriptedStore } from '../store/testing/scripted-store.js';

const consumer = (name: string, generation = 1): ApiObject => ({
  apiVersion: 'signalbox.dev/v1',
  kind: 'Consumer',
  metadata: { name, namespace: 'default', uid: `uid-${name}`, generation },
  spec: { keys: [] },
});
const accepted = (observedGeneration: number): Verdict[] => [
  { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'The object is valid.', observedGeneration },
];
const unchanged = { version: 'v', bucketDigests: new Uint8Array(), reset: false, upserts: [], removals: [] };
const serving = (acknowledgedRevision: number): Fleet => ({ connected: [{ name: 'plane', acknowledgedRevision }] });

describe('StatusController', () => {
  let clock: FakeClock;
  let store: ScriptedStore;
  let verdicts: CompileVerdicts;
  let cache: ObjectCache;
  let controller: StatusController;
  let fleet: Fleet;
  let leader: { current: Leadership | undefined };
  let writes: { name: string; epoch: number | undefined; changed: boolean }[];
  let commits: { atMs: number; size: number }[];
  let compiledKinds: string[];
  let looked: () => void;
  /** What the work itself takes, by the clock. */
  let lateMs: number;
  let refusal: ((names: readonly string[]) => Error | undefined) | undefined;

  /** Runs the writes as the store would, and lets the feed say so. */
  const commit: ObjectStore['commit'] = async (batch, _origin, { leadership } = {}): Promise<CommitResult> => {
    commits.push({ atMs: clock.nowMs(), size: batch.length });
    const refused = refusal?.(batch.map(({ key }) => key.name));
    if (refused) throw refused;
    for (const write of batch) {
      const stored = store.objects.get(`${write.key.kind.kind}/default/${write.key.name}`);
      if (!stored && write.ifPresent) continue;
      const next = write.mutate(structuredClone(stored))!;
      const changed = JSON.stringify(next) !== JSON.stringify(stored);
      writes.push({ name: write.key.name, epoch: leadership?.epoch, changed });
      if (changed) store.commit(next, { subresource: 'status' });
    }
    return { revision: store.revision, results: [] };
  };

  beforeEach(async () => {
    clock = new FakeClock();
    store = new ScriptedStore();
    verdicts = new CompileVerdicts();
    looked = () => {};
    lateMs = 0;
    compiledKinds = ['Accepted'];
    [fleet, leader, writes, commits, refusal] = [{ connected: [] }, { current: leading(7) }, [], [], undefined];
    const running = {
      clock: { after: clock.after, epochMs: clock.epochMs, nowMs: () => clock.nowMs() + lateMs },
      random: () => 0.5,
      logger: createLogger({ name: 'test', level: 'silent' }),
    };
    cache = new ObjectCache({ store, feed: store, kinds, ...running });
    controller = new StatusController({
      cache,
      kinds,
      hasSecretEntry: () => false,
      verdicts,
      fleet: () => {
        looked();
        return fleet;
      },
      leader,
      store: { commit },
      ...running,
      now: () => new Date(clock.nowMs()).toISOString(),
      count: () => {},
    });
    store.put(consumer('a'));
    controller.start();
    cache.start();
    await clock.advanceAsync(0);
  });
  afterEach(() => Promise.all([cache.stop(), controller.stop()]));

  const stored = (name = 'a') => [...store.objects.values()].find(({ metadata }) => metadata.name === name)!;
  const condition = (type: string, name = 'a') =>
    ((stored(name).status?.['conditions'] ?? []) as Condition[]).find((each) => each.type === type);

  const verdictsOf = (generation: number) =>
    compiledKinds.flatMap((type) => accepted(generation).map((verdict) => ({ ...verdict, type, reason: type })));
  async function compiled(...names: string[]): Promise<void> {
    const objects = names.map(stored);
    const conditions = new Map(
      objects.map(({ metadata }) => [metadata.uid!, verdictsOf(metadata.generation!)] as const),
    );
    const result = { ...unchanged, conditions };
    controller.review(verdicts.take({ revision: store.revision, result, generations: objects, traceParents: [] }));
    await clock.advanceAsync(0);
  }

  it('writes what compile and the fleet say, in its epoch, and nothing that is there already', async () => {
    await compiled('a');
    expect(condition('Programmed')).toMatchObject({ status: 'False', reason: 'NoDataPlanes', observedGeneration: 1 });
    expect(writes).toEqual([{ name: 'a', epoch: 7, changed: true }]);
    controller.reviewAll();
    await clock.advanceAsync(1_000);
    expect(writes).toHaveLength(1);
  });

  it('a follower writes nothing', async () => {
    leader.current = undefined;
    await compiled('a');
    controller.reviewAll();
    await clock.advanceAsync(1_000);
    expect(writes).toEqual([]);
  });

  it('says nothing of a generation that no compile has read', async () => {
    await compiled('a');
    store.commit(consumer('a', 2));
    await clock.advanceAsync(0);
    expect(writes).toHaveLength(1);
    await compiled('a');
    await clock.advanceAsync(100);
    expect(condition('Accepted')).toMatchObject({ observedGeneration: 2 });
  });

  it('leaves alone what was changed, or made anew, since it was read', async () => {
    const read = stored();
    for (const meanwhile of [
      consumer('a', 2),
      { ...consumer('a'), metadata: { ...read.metadata, uid: 'uid-other' } },
    ]) {
      // The feed hasn't told of it yet.
      store.put(meanwhile);
      const result = { ...unchanged, conditions: new Map([['uid-a', accepted(1)]]) };
      controller.review(verdicts.take({ revision: 1, result, generations: [read], traceParents: [] }));
      await clock.advanceAsync(100);
      expect([writes.at(-1)?.changed, stored().status]).toEqual([false, undefined]);
    }
  });

  const many = (count: number) => Array.from({ length: count }, (_, index) => `c${index}`);

  it('looks once at what several data planes acknowledge one after the other', async () => {
    const names = many(1_200);
    for (const name of names) store.commit(consumer(name));
    fleet = serving(0);
    await compiled(...names);
    await clock.advanceAsync(1_000);
    expect(condition('Programmed', 'c0')).toMatchObject({ reason: 'Pending' });
    const before = writes.length;
    fleet = serving(store.revision);
    for (let acknowledged = 0; acknowledged < 20; acknowledged++) controller.reviewAll();
    await clock.advanceAsync(49);
    expect(writes).toHaveLength(before);
    await clock.advanceAsync(1_000);
    expect(writes).toHaveLength(before + names.length);
    expect(names.map((name) => condition('Programmed', name)?.status)).toEqual(names.map(() => 'True'));
    const [programmed, accept] = ['Programmed', 'Accepted'].map((type) => condition(type, 'c1199')!.lastTransitionTime);
    expect(Date.parse(programmed!)).toBeGreaterThan(Date.parse(accept!));
  });

  it('writes one change at once, and what follows in one transaction per 100 ms, however much it is', async () => {
    await compiled('a');
    expect(commits).toEqual([{ atMs: clock.nowMs(), size: 1 }]);
    const names = many(1_200);
    for (const name of names) {
      store.commit(consumer(name));
      await compiled(name);
    }
    expect(commits).toHaveLength(1);
    const firstMs = commits[0]!.atMs;
    await clock.advanceAsync(1_000);
    expect(commits).toEqual([
      { atMs: firstMs, size: 1 },
      { atMs: firstMs + 100, size: 500 },
      { atMs: firstMs + 200, size: 500 },
      { atMs: firstMs + 300, size: 200 },
    ]);
  });

  it('takes few objects into one transaction if they are big', async () => {
    for (const name of many(10)) {
      store.commit({ ...consumer(name), spec: { keys: [], padding: 'x'.repeat(1024 * 1024) } });
    }
    await compiled(...many(10));
    await clock.advanceAsync(1_000);
    expect(commits.map(({ size }) => size)).toEqual([4, 4, 2]);
  });

  it('an object that is gone by now takes nothing from the others', async () => {
    store.commit(consumer('b'));
    const gone = stored('a');
    const both = compiled('a', 'b');
    // The feed hasn't told of it yet.
    store.remove(gone);
    await both;
    await clock.advanceAsync(100);
    expect(writes).toEqual([{ name: 'b', epoch: 7, changed: true }]);
  });

  it('one that cannot be written stops no other', async () => {
    const names = many(600);
    for (const name of names) store.commit(consumer(name));
    refusal = (batch) => (batch.includes('c17') ? new Error('too much for the database') : undefined);
    await compiled(...names);
    await clock.advanceAsync(10_000);
    expect(names.filter((name) => condition('Ready', name) === undefined)).toEqual(['c17']);
    refusal = undefined;
    await clock.advanceAsync(30_000);
    expect(condition('Ready', 'c17')).toBeDefined();
    // Batches were halved down to that one; they grow again with each that is written.
    const [others, before] = [many(600).map((name) => `${name}-later`), commits.length];
    for (const name of others) store.commit(consumer(name));
    await compiled(...others);
    await clock.advanceAsync(2_000);
    expect(others.filter((name) => condition('Ready', name) === undefined)).toEqual([]);
    expect(commits.length - before).toBeLessThan(12);
  });

  it('one whose conditions cannot be made keeps no other from its own', async () => {
    const names = many(10);
    for (const name of names) store.commit(consumer(name));
    await clock.advanceAsync(1_000);
    let looks = 0;
    looked = () => {
      looks += 1;
      if (looks === 7) throw new Error('a fault of ours');
    };
    await compiled(...names);
    await clock.advanceAsync(10_000);
    expect(looks).toBeGreaterThan(7);
    expect(names.filter((name) => condition('Ready', name) === undefined)).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ['conditions that are no list', { conditions: {} }],
    ['conditions that are none', { conditions: [null, 'x', { type: 7 }] }],
    ['a condition of a generation yet to come', { conditions: [{ type: 'Ready', observedGeneration: 1e9 }] }],
    ['a status that is a text', 'fine'],
  ])('overwrites %s, and goes on with the others', async (_, status) => {
    store.commit(consumer('b'));
    store.commit({ ...consumer('a'), status } as ApiObject);
    await compiled('a', 'b');
    controller.reviewAll();
    await clock.advanceAsync(200);
    for (const name of ['a', 'b']) {
      expect(stored(name).status).toEqual({ conditions: expect.any(Array) as unknown });
      expect(condition('Ready', name)).toMatchObject({ observedGeneration: 1, reason: 'NoDataPlanes' });
    }
  });

  it('writes in the name of the term in which it chose what to write, also if that is over', async () => {
    looked = () => {
      leader.current = undefined;
    };
    await compiled('a');
    expect(writes).toEqual([{ name: 'a', epoch: 7, changed: true }]);
  });

  it('rests after a look at all objects for nine times what that took, however often data planes answer', async () => {
    for (const name of many(100)) store.commit(consumer(name));
    await compiled('a', ...many(100));
    await clock.advanceAsync(1_000);
    let looks: number[] = [];
    looked = () => {
      looks.push(clock.nowMs());
      lateMs += 1;
    };
    for (let turn = 0; turn < 400; turn++) {
      controller.reviewAll();
      await clock.advanceAsync(10);
    }
    // A look at 101 objects, each of which asks twice, takes 202 ms by the clock; the sweeps begin 2,020 ms apart.
    const begins = [...new Set(looks)];
    expect(begins.length).toBeLessThanOrEqual(3);
    expect(begins.length).toBeGreaterThanOrEqual(2);
    looks = [];
    await clock.advanceAsync(5_000);
    expect(looks.length).toBeGreaterThan(0);
  });

  it('a policy hears that its pool got a key that can be used, which no compile says of it', async () => {
    const pool = (valueFrom: object, generation: number): ApiObject => ({
      ...consumer('pool', generation),
      kind: 'KeyPool',
      spec: { providerRef: { name: 'p' }, keys: [{ name: 'k', valueFrom }] },
    });
    const rules = [{ name: 'main', backendRefs: [{ keyPoolRef: { name: 'pool' }, model: 'm' }] }];
    store.commit(pool({ env: 'A' }, 1));
    store.commit({ ...consumer('policy'), kind: 'RoutePolicy', spec: { models: ['m'], rules } });
    fleet = { connected: [{ name: 'plane', acknowledgedRevision: 99, unresolved: new Map([['env:A', 'not set']]) }] };
    compiledKinds = ['Accepted', 'ResolvedRefs'];
    await compiled('policy');
    await clock.advanceAsync(1_000);
    expect(condition('Ready', 'policy')).toMatchObject({ reason: 'CredentialNotResolved' });
    store.commit(pool({ env: 'B' }, 2));
    await clock.advanceAsync(1_000);
    expect(condition('Ready', 'policy')).toMatchObject({ reason: 'Ready' });
  });

  it('tries again after a write that failed, and writes nothing for a leader that was replaced', async () => {
    refusal = () => new LeadershipLostError(7, 8);
    await compiled('a');
    expect(writes).toEqual([]);
    refusal = undefined;
    await clock.advanceAsync(1_000);
    expect(writes).toEqual([{ name: 'a', epoch: 7, changed: true }]);
  });
});
