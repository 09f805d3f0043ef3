import fc from 'fast-check';
import { widgets } from '../../test/test-kinds.js';
import { ChangeRing } from './change-ring.js';
import type { LogTransaction } from './log-reader.js';
import type { Change } from './object-store.js';

function change(revision: number, lastRevision: number, name: string): Change {
  return {
    revision,
    lastRevision,
    type: 'MODIFIED',
    kind: widgets,
    namespace: 'default',
    name,
    object: { apiVersion: 'signalbox.dev/v1', kind: 'Widget', metadata: { name, resourceVersion: String(revision) } },
    at: 0,
  };
}

function transactionAfter(revision: number, names: readonly string[], bytes: number): LogTransaction {
  const changes = names.map((name, index) => change(revision + index + 1, revision + names.length, name));
  return { changes, bytes };
}

/** What a change costs whatever its size. */
const FRAME = 1_024;

test('holds everything after its start, and no more bytes than allowed except one whole transaction', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          names: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 5 }),
          bytes: fc.integer({ min: 0, max: 10_000 }),
        }),
        { maxLength: 40 },
      ),
      fc.integer({ min: 1, max: 60_000 }),
      (sizes, maxBytes) => {
        const ring = new ChangeRing(100, maxBytes);
        const all: LogTransaction[] = [];
        let head = 100;
        for (const { names, bytes } of sizes) {
          all.push(transactionAfter(head, names, bytes));
          ring.push(all.at(-1)!);
          head += names.length;
        }
        const held = ring.after(ring.start);
        const kept = all.slice(all.length - held.length);
        expect(held).toEqual(kept.map(({ changes }) => changes));
        const size = kept.reduce((sum, { changes, bytes }) => sum + bytes + changes.length * FRAME, 0);
        expect(size <= maxBytes || held.length === 1).toBe(true);
        // Nothing is dropped that would have had its place.
        const next = all[all.length - held.length - 1];
        if (next) expect(size + next.bytes + next.changes.length * FRAME).toBeGreaterThan(maxBytes);
        expect(held[0]?.[0]?.revision ?? head + 1).toBe(ring.start + 1);
        for (let after = ring.start; after <= head; after++) {
          expect(ring.after(after)).toEqual(held.filter((transaction) => (transaction.at(-1)?.revision ?? 0) > after));
        }
        for (const name of ['a', 'b', 'c', 'd', 'e']) {
          const newest = held.flat().findLast((each) => each.name === name);
          const key = `signalbox.dev/Widget/default/${name}`;
          for (let revision = 100; revision <= head; revision++) {
            expect(ring.objectAt(key, revision)).toBe(newest?.revision === revision ? newest.object : undefined);
          }
        }
      },
    ),
  );
});

test('many changes of small objects, few of large ones', () => {
  const small = new ChangeRing(0, 2 ** 20);
  const large = new ChangeRing(0, 2 ** 20);
  for (let revision = 0; revision < 2_000; revision++) {
    small.push(transactionAfter(revision, ['w'], 300));
    large.push(transactionAfter(revision, ['w'], 300_000));
  }
  expect(small.after(small.start).length).toBeGreaterThan(500);
  expect(large.after(large.start)).toHaveLength(3);
});
