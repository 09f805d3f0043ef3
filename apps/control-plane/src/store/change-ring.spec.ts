import fc from 'fast-check';
import { widgets } from '../../test/test-kinds.js';
import { ChangeRing } from './change-ring.js';
import type { Change } from './object-store.js';

function transactionAfter(revision: number, size: number): Change[] {
  return Array.from({ length: size }, (_, index) => ({
    revision: revision + index + 1,
    lastRevision: revision + size,
    type: 'MODIFIED' as const,
    kind: widgets,
    namespace: 'default',
    name: 'w',
    object: { apiVersion: 'signalbox.dev/v1', kind: 'Widget', metadata: { name: 'w' } },
    at: 0,
  }));
}

test('holds everything after its start, and no more changes than allowed except one whole transaction', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 12 }),
      (sizes, max) => {
        const ring = new ChangeRing(100, max);
        const all: Change[][] = [];
        let head = 100;
        for (const size of sizes) {
          all.push(transactionAfter(head, size));
          ring.push(all.at(-1) ?? []);
          head += size;
        }
        const held = ring.after(ring.start);
        expect(held).toEqual(all.slice(all.length - held.length));
        const changes = held.flat().length;
        expect(changes <= max || held.length === 1).toBe(true);
        expect(held[0]?.[0]?.revision ?? head + 1).toBe(ring.start + 1);
        for (let after = ring.start; after <= head; after++) {
          expect(ring.after(after)).toEqual(held.filter((transaction) => (transaction.at(-1)?.revision ?? 0) > after));
        }
      },
    ),
  );
});
