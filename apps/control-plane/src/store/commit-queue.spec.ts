import { serviceUnavailable } from '#libs/apimachinery';
import { alice, keyOf, put, widgets } from '../../test/test-kinds.js';
import { CommitQueue, type CommitRequest, type PendingCommit } from './commit-queue.js';
import { lockKeyOf } from './read-locked.js';

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

test('more than 2,000 waiting requests are refused with a 503', async () => {
  const { queue } = scripted((group) => group.forEach(accept));
  const waiting = Array.from({ length: 2_000 }, (_, index) => queue.add(request(String(index))));
  await expect(queue.add(request('one too many'))).rejects.toMatchObject({ code: 503 });
  await Promise.all(waiting);
  await expect(queue.add(request('later'))).resolves.toBeDefined();
});
