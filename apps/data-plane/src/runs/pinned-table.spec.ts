import { smallTable, full } from '../table/testing/entries.js';
import { CurrentTable } from '../table/current-table.js';
import { PinnedTables, type SharedState } from './pinned-table.js';

it('a table for which nothing can be pinned is not swapped in anywhere', async () => {
  const fault = new Error('a defect');
  let isBroken = false;
  const shared = {
    get consumers() {
      if (isBroken) throw fault;
      return {};
    },
  } as unknown as SharedState;
  const current = new CurrentTable(() => {});
  const pinned = new PinnedTables(current, shared);
  const swapped: number[] = [];
  current.onSwap(({ revision }) => swapped.push(revision));
  current.swap(await full(smallTable, 1));
  isBroken = true;
  const second = await full(smallTable, 2);
  expect(() => current.swap(second)).toThrow(fault);
  expect([current.current?.revision, pinned.current?.view.revision, [...pinned.live].length]).toEqual([1, 1, 1]);
  isBroken = false;
  current.swap(await full(smallTable, 3));
  expect([pinned.current?.view.revision, [...pinned.live].length, swapped]).toEqual([3, 1, [1, 3]]);
});

it('what was served before it was made is pinned at once', async () => {
  const current = new CurrentTable();
  current.swap(await full(smallTable, 7));
  const pinned = new PinnedTables(current, {} as SharedState);
  expect(pinned.current?.view.revision).toBe(7);
});
