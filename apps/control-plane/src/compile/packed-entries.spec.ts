import fc from 'fast-check';
import type { Entry } from '#libs/routing-table';
import { packEntries, unpackEntries } from './packed-entries.js';

const entry = (key: string, size: number): Entry => ({
  kind: 'Route',
  key,
  bytes: new Uint8Array(size).fill(key.length),
});

describe('packed entries', () => {
  it('come out as they went in', () => {
    const any = fc.record({ key: fc.string(), size: fc.oneof(fc.nat(40), fc.integer({ min: 30_000, max: 140_000 })) });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), (drawn) => {
        const entries = drawn.map(({ key, size }) => entry(key, size));
        const out = unpackEntries(packEntries(entries));
        expect(out.map(({ kind, key }) => ({ kind, key }))).toEqual(entries.map(({ kind, key }) => ({ kind, key })));
        out.forEach(({ bytes }, index) => expect(Buffer.compare(bytes, entries[index]!.bytes)).toBe(0));
      }),
    );
  });

  it('hold no more than 64 KiB of others alive, and nothing of an entry that is greater', () => {
    const out = unpackEntries(
      packEntries([entry('a', 60_000), entry('b', 6_000), entry('c', 3_000_000), entry('d', 5)]),
    );
    expect(out.map(({ bytes }) => bytes.buffer.byteLength)).toEqual([60_000, 6_000, 3_000_000, 5]);
    const small = unpackEntries(packEntries(Array.from({ length: 1_000 }, (_, index) => entry(`s${index}`, 500))));
    for (const { bytes } of small) expect(bytes.buffer.byteLength).toBeLessThanOrEqual(64 * 1024);
    expect(new Set(small.map(({ bytes }) => bytes.buffer)).size).toBe(8);
  });
});
