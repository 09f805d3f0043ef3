import { KeyQueue } from './key-queue.js';

/** Requests that note when they are woken, and wait again unless they can use the key. */
function queueOf(...requests: readonly { readonly name: string; readonly canUse: boolean }[]) {
  const queue = new KeyQueue();
  const woken: string[] = [];
  for (const { name, canUse } of requests) {
    const wake = (): boolean => {
      woken.push(name);
      if (!canUse) queue.wait('pool', wake);
      return canUse;
    };
    queue.wait('pool', wake);
  }
  return { queue, woken };
}

it('a free key goes to the first in line', () => {
  const { queue, woken } = queueOf({ name: 'a', canUse: true }, { name: 'b', canUse: true });
  queue.wake('pool');
  expect([woken, queue.depth('pool')]).toEqual([['a'], 1]);
  queue.wake('pool');
  queue.wake('pool');
  expect([woken, queue.depth('pool')]).toEqual([['a', 'b'], 0]);
});

it('a key that the first cannot use goes to the next that can, and the first keeps its place', () => {
  const { queue, woken } = queueOf(
    { name: 'a', canUse: false },
    { name: 'b', canUse: false },
    { name: 'c', canUse: true },
    { name: 'd', canUse: true },
  );
  queue.wake('pool');
  queue.wake('pool');
  expect(woken).toEqual(['a', 'b', 'c', 'a', 'b', 'd']);
  expect(queue.depth('pool')).toBe(2);
});

it('one that gives up when it is woken leaves the key to the next', () => {
  const queue = new KeyQueue();
  const woken: string[] = [];
  queue.wait('pool', () => {
    woken.push('overdue');
    return false;
  });
  queue.wait('pool', () => woken.push('next') > 0);
  queue.wake('pool');
  expect([woken, queue.depth('pool')]).toEqual([['overdue', 'next'], 0]);
});

it('pools have lines of their own', () => {
  const { queue, woken } = queueOf({ name: 'a', canUse: true });
  queue.wake('other');
  expect([woken, queue.depth('other')]).toEqual([[], 0]);
});
