import { serviceUnavailable } from '#libs/apimachinery';
import { alice, keyOf, put, widgets } from '../../test/test-kinds.js';
import { CommitQueue, type CommitRequest, type PendingCommit } from './commit-queue.js';
import { KeysHeldError, lockKeyOf } from './read-locked.js';

const request = (name: string, writes = 1): CommitRequest => {
  const all = Array.from({ length: writes }, (_, index) => put(keyOf(widgets, `${name}-${index}`), {}));
  return { writes: all, keys: all.map(({ key }) => lockKeyOf(key)), origin: alice, dryRun: false };
};
const nameOf = ({ request: { writes } }: PendingCommit): string => writes[0]?.key.name.split('-')[0] ?? '';

/** A queue whose groups are settled by `settle`, which the test scripts; tells what each group held. */
function scripted(settle: (group: readonly PendingCommit[], groups: string[][]) => void | Promise<void>) {
  const groups: string[][] = [];
  const queue = new CommitQueue(async (group) => {
    groups.push(group.map(nameOf));
    await settle(group, groups);
  });
  return { queue, groups };
}
const accept = (pending: PendingCommit): void => pending.resolve({ revision: 1, results: [] });

test('what arrives in one turn of the event loop is one group, what arrives while it runs the next', async () => {
  const later: Promise<unknown>[] = [];
  const { queue, groups } = scripted(async (group) => {
    if (groups.length === 1) later.push(queue.add(request('c')), queue.add(request('d')));
    await Promise.resolve();
    group.forEach(accept);
  });
  await Promise.all([queue.add(request('a')), queue.add(request('b'))]);
  await Promise.all(later);
  expect(groups).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
  await queue.add(request('e'));
  expect(groups.at(-1)).toEqual(['e']);
});

test('a group has 500 writes, or one request that has more', async () => {
  const { queue, groups } = scripted((group) => group.forEach(accept));
  await Promise.all([
    queue.add(request('a', 300)),
    queue.add(request('b', 200)),
    queue.add(request('c', 1)),
    queue.add(request('d', 900)),
    queue.add(request('e', 1)),
  ]);
  expect(groups).toEqual([['a', 'b'], ['c'], ['d'], ['e']]);
});

test('who is postponed comes before those who came later', async () => {
  const { queue, groups } = scripted((group) =>
    group.forEach((pending, index) => {
      if (index > 0 && groups.length === 1) pending.postpone();
      else accept(pending);
    }),
  );
  const first = ['a', 'b', 'c'].map((name) => queue.add(request(name)));
  await first[0];
  await Promise.all([...first, queue.add(request('d'))]);
  expect(groups).toEqual([
    ['a', 'b', 'c'],
    ['b', 'c', 'd'],
  ]);
});

test('when a group fails, each of its open requests is tried alone, and only the bad one is told', async () => {
  const { queue, groups } = scripted((group) => {
    if (group.some((pending) => nameOf(pending) === 'c')) {
      if (group.length > 1) accept(group[0]!);
      throw new Error('a value is out of range');
    }
    group.forEach(accept);
  });
  const results = await Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => queue.add(request(name))));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(results[2]).toMatchObject({ reason: { message: 'a value is out of range' } });
  expect(groups).toEqual([['a', 'b', 'c', 'd'], ['b'], ['c'], ['d']]);
});

test('a database that is away is said to all at once, and what was postponed is tried', async () => {
  const { queue, groups } = scripted((group) => {
    if (groups.length > 1) return group.forEach(accept);
    group[2]?.postpone();
    throw serviceUnavailable('gone');
  });
  const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => queue.add(request(name))));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  expect(groups).toEqual([['a', 'b', 'c'], ['c']]);
});

describe('what somebody else holds', () => {
  /** Holds every object whose name begins with `h`, up to `release` or `refuse`. */
  function holding() {
    const waiting = new Map<string, { release(): void; refuse(): void }>();
    const waits: number[] = [];
    const groups: string[][] = [];
    const isHeld = (pending: PendingCommit): boolean => nameOf(pending).startsWith('h');
    const queue = new CommitQueue(async (group, waitMs) => {
      groups.push(group.map(nameOf));
      waits.push(waitMs);
      const held = group.filter(isHeld);
      if (waitMs > 0 && waitMs < 4_000 && held.length > 0) throw new KeysHeldError('held');
      if (waitMs === 4_000) {
        const [pending] = group;
        await new Promise<void>((resolve, reject) =>
          waiting.set(pending!.request.keys.join(), {
            release: resolve,
            refuse: () => reject(new KeysHeldError('held')),
          }),
        );
        return accept(pending!);
      }
      for (const pending of group) {
        if (isHeld(pending)) pending.stepAside();
        else accept(pending);
      }
    });
    const keyOfHeld = (name: string): string => request(name).keys.join();
    return { queue, groups, waits, waiting, at: (name: string) => waiting.get(keyOfHeld(name)) };
  }
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  };

  test('is waited for aside: briefly by the group, then by those alone who write it', async () => {
    const { queue, groups, waits, at } = holding();
    const [held, free] = [queue.add(request('h')), queue.add(request('a'))];
    await free;
    await queue.add(request('b'));
    expect(groups).toEqual([['h', 'a'], ['h', 'a'], ['h'], ['b']]);
    expect(waits).toEqual([1_000, 0, 4_000, 1_000]);
    at('h')!.release();
    await held;
  });

  test('is waited for aside by a request that came alone, too', async () => {
    const { queue, groups, waits, at } = holding();
    const held = queue.add(request('h'));
    await turns();
    await queue.add(request('b'));
    expect(groups).toEqual([['h'], ['h'], ['b']]);
    expect(waits).toEqual([1_000, 4_000, 1_000]);
    at('h')!.release();
    await held;
  });

  test('those who write the same follow each other, and all hear at once that it was in vain', async () => {
    const { queue, at, waiting } = holding();
    const first = [1, 2, 3].map(() => queue.add(request('h')));
    const results = Promise.allSettled(first);
    await turns();
    expect(waiting.size).toBe(1);
    at('h')!.refuse();
    expect(await results).toMatchObject([1, 2, 3].map(() => ({ status: 'rejected', reason: { code: 503 } })));
    waiting.clear();
    const again = [queue.add(request('h')), queue.add(request('h'))];
    await turns();
    at('h')!.release();
    await again[0];
    await turns();
    at('h')!.release();
    await again[1];
  });

  test('takes four connections at most, and counts among what waits', async () => {
    const { queue, waiting, at } = holding();
    const names = Array.from({ length: 1_000 }, (_, index) => `h${index}`);
    const all = names.map((name) => queue.add(request(name)));
    await turns();
    expect([...waiting.keys()]).toHaveLength(4);
    await turns();
    const more = names.map((name) => queue.add(request(`${name}x`)));
    await turns();
    await expect(Promise.all(Array.from({ length: 5 }, () => queue.add(request('a'))))).rejects.toMatchObject({
      code: 503,
    });
    for (const name of [...names, ...names.map((each) => `${each}x`)]) {
      while (!at(name)) await turns();
      at(name)!.release();
    }
    await Promise.all([...all, ...more]);
  });
});

test('more than 2,000 waiting requests are refused with a 503', async () => {
  const { queue } = scripted((group) => group.forEach(accept));
  const waiting = Array.from({ length: 2_000 }, (_, index) => queue.add(request(String(index))));
  await expect(queue.add(request('one too many'))).rejects.toMatchObject({ code: 503 });
  await Promise.all(waiting);
  await expect(queue.add(request('later'))).resolves.toBeDefined();
});
