import fc from 'fast-check';
import { WorkQueue } from './work-queue.js';

describe('WorkQueue', () => {
  it('hands out keys in the order of their first addition, each once', async () => {
    const queue = new WorkQueue<string>();
    for (const key of ['b', 'a', 'b', 'c', 'a']) queue.add(key);
    expect([await queue.take(), await queue.take(), await queue.take(), queue.length]).toEqual(['b', 'a', 'c', 0]);
  });

  it('added while in work: waits until the work is done, then comes once more', async () => {
    const queue = new WorkQueue<string>();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('a');
    expect(queue.length).toBe(0);
    queue.done('a');
    expect(queue.length).toBe(1);
    expect(await queue.take()).toBe('a');
    queue.done('a');
    expect(queue.length).toBe(0);
  });

  it('done without a new addition: does not come again', async () => {
    const queue = new WorkQueue<string>();
    queue.add('a');
    await queue.take();
    queue.done('a');
    expect(queue.length).toBe(0);
  });

  it('a taker that waits gets the next key, and only one taker does', async () => {
    const queue = new WorkQueue<string>();
    const first = queue.take();
    const second = queue.take();
    queue.add('a');
    expect(await first).toBe('a');
    queue.close();
    expect(await second).toBeUndefined();
  });

  it('a key re-added while in work does not reach a waiting taker before done', async () => {
    const queue = new WorkQueue<string>();
    queue.add('a');
    await queue.take();
    const waiting = queue.take();
    queue.add('a');
    queue.add('b');
    expect(await waiting).toBe('b');
    queue.done('a');
    expect(await queue.take()).toBe('a');
  });

  it('closed with a dirty key in work: drops it', async () => {
    const queue = new WorkQueue<string>();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.close();
    queue.done('a');
    queue.add('b');
    expect(await queue.take()).toBeUndefined();
  });

  it('in any interleaving: no key is in work twice, and none that was added stays undone', async () => {
    const step = fc.oneof(
      fc.record({ add: fc.constantFrom('a', 'b', 'c') }),
      fc.constant({ take: true }),
      fc.constant({ done: true }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step), async (steps) => {
        const queue = new WorkQueue<string>();
        const owed = new Set<string>();
        const inWork: string[] = [];
        const take = async () => {
          if (queue.length === 0) return;
          const key = (await queue.take())!;
          expect(inWork).not.toContain(key);
          inWork.push(key);
          owed.delete(key);
        };
        const done = () => {
          const key = inWork.shift();
          if (key !== undefined) queue.done(key);
        };
        for (const each of steps) {
          if ('add' in each) {
            queue.add(each.add);
            owed.add(each.add);
          } else if ('take' in each) await take();
          else done();
        }
        while (inWork.length > 0 || queue.length > 0) {
          await take();
          done();
        }
        expect([...owed]).toEqual([]);
      }),
    );
  });
});
