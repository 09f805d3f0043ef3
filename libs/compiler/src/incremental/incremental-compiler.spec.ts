import fc from 'fast-check';
import type { ApiObject } from '#libs/apimachinery';
import { entryId, TableDigest, type Entry } from '#libs/routing-table';
import { compile } from '../compile.js';
import type { CredentialFact } from '../concerns/credential-facts.js';
import type { Verdict } from '../conditions/verdict.js';
import type { CompileChanges, CompileDelta } from './changes.js';
import { IncrementalCompiler } from './incremental-compiler.js';
import { anyEdits, type Batch } from '../testing/edits.js';

/** `SIGNALBOX_COMPILE_SEQUENCES=10000` for a long run. */
const sequences = Number(process.env['SIGNALBOX_COMPILE_SEQUENCES'] ?? 60);

/** What is stored, as edits leave it. */
class Store {
  readonly objects = new Map<string, ApiObject>();
  readonly credentials = new Map<string, CredentialFact>();

  take({ objects, credentials }: CompileChanges): void {
    for (const [key, object] of objects) put(this.objects, key, object);
    for (const [id, fact] of credentials) put(this.credentials, id, fact);
  }
}

function put<Value>(map: Map<string, Value>, key: string, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

/** What somebody holds who only ever hears of changes. */
class Taker {
  readonly entries = new Map<string, Entry>();
  readonly conditions = new Map<string, readonly Verdict[]>();

  take({ upserts, removals, conditions }: CompileDelta): void {
    for (const { kind, key } of removals) expect(this.entries.delete(entryId(kind, key))).toBe(true);
    for (const entry of upserts) {
      const id = entryId(entry.kind, entry.key);
      const known = this.entries.get(id);
      expect(known === undefined || Buffer.compare(known.bytes, entry.bytes) !== 0).toBe(true);
      this.entries.set(id, entry);
    }
    for (const [id, verdicts] of conditions) {
      expect(verdicts).not.toEqual(this.conditions.get(id));
      if (verdicts) this.conditions.set(id, verdicts);
      else this.conditions.delete(id);
    }
  }
}

const text = (entries: Iterable<Entry>): Record<string, string> =>
  Object.fromEntries([...entries].map(({ kind, key, bytes }) => [entryId(kind, key), Buffer.from(bytes).toString()]));
const byId = (conditions: ReadonlyMap<string, unknown>): Record<string, unknown> => Object.fromEntries(conditions);

function whole(store: Store) {
  return compile({ objects: [...store.objects.values()], credentials: store.credentials });
}

describe('IncrementalCompiler', () => {
  it('comes to what a compile of everything comes to, whatever the edits', () => {
    const seen = { sequences: 0, batches: 0, edits: 0, entries: 0, conflicts: 0, missing: 0, invalid: 0 };
    fc.assert(
      fc.property(anyEdits, (batches) => {
        const store = new Store();
        const taker = new Taker();
        const compiler = new IncrementalCompiler();
        seen.sequences++;
        for (const batch of batches) {
          store.take(batch);
          const delta = compiler.apply(batch);
          taker.take(delta);
          const expected = whole(store);
          expect(text(taker.entries.values())).toEqual(text(expected.entries));
          expect(byId(taker.conditions)).toEqual(byId(expected.conditions));
          const digest = TableDigest.of(expected.entries);
          expect(delta.version).toBe(digest.version);
          expect(Buffer.compare(delta.bucketDigests, digest.bucketDigests)).toBe(0);
          count(seen, batch, expected.conditions);
          seen.entries += expected.entries.length;
        }
      }),
      { numRuns: sequences, seed: Number(process.env['SIGNALBOX_COMPILE_SEED'] ?? 20_261_121) },
    );
    // What was never tried proves nothing.
    for (const [what, times] of Object.entries(seen))
      expect({ what, tried: times > 20 }).toEqual({ what, tried: true });
    if (sequences > 1_000) process.stdout.write(`edit sequences compared: ${JSON.stringify(seen)}\n`);
  }, 3_600_000);

  it('foretells what it then comes to, and what it foretold leaves no trace', () => {
    fc.assert(
      fc.property(anyEdits, anyEdits, (before, imagined) => {
        const store = new Store();
        const compiler = new IncrementalCompiler();
        for (const batch of before) {
          store.take(batch);
          compiler.apply(batch);
        }
        const ids = [...whole(store).conditions.keys(), 'nobody'];
        const twin = new Store();
        twin.take(store);
        for (const batch of imagined) {
          const foretold = new Store();
          foretold.take(twin);
          foretold.take(batch);
          const { conditions } = whole(foretold);
          const all = [...new Set([...ids, ...conditions.keys()])];
          expect(compiler.preview(batch, all)).toEqual(all.map((id) => conditions.get(id) ?? []));
        }
        const nothing = compiler.apply({ objects: store.objects, credentials: store.credentials });
        expect([nothing.upserts, nothing.removals, byId(nothing.conditions)]).toEqual([[], [], {}]);
      }),
      { numRuns: 15 },
    );
  });
});

function count(seen: Record<string, number>, batch: Batch, conditions: ReadonlyMap<string, readonly Verdict[]>): void {
  const reasons = [...conditions.values()].flatMap((verdicts) => verdicts.map(({ reason }) => reason));
  const add = (what: string, times: number): void => void (seen[what] = seen[what]! + times);
  add('batches', 1);
  add('edits', batch.objects.size + batch.credentials.size);
  add('conflicts', reasons.filter((reason) => reason === 'Conflicted').length);
  add('missing', reasons.filter((reason) => /NotFound|NotServed/.test(reason)).length);
  add('invalid', reasons.filter((reason) => reason === 'Invalid').length);
}
