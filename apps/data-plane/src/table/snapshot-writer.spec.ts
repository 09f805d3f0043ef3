import { FakeClock } from '#libs/testing';
import { SnapshotWriter } from './snapshot-writer.js';

let clock: FakeClock;
let revision: number;
/** The revisions that were written, and when each write began. */
let written: [revision: number, atMs: number][];
let tookMs: number;
let writer: SnapshotWriter;
let errors: unknown[];

beforeEach(() => {
  clock = new FakeClock();
  [revision, written, tookMs, errors] = [1, [], 0, []];
  writer = new SnapshotWriter({
    take: () => ({
      credentials: { type: 'credentials', upserts: [], removals: [] } as never,
      revision,
      version: 'v',
      schemaVersion: 1,
      entries: [],
    }),
    write: (snapshot) => {
      written.push([snapshot.revision, clock.nowMs()]);
      return new Promise((resolve) => void clock.after(tookMs, resolve));
    },
    onError: (error) => errors.push(error),
    clock,
    delayMs: 500,
  });
});

function change(): void {
  revision += 1;
  writer.schedule();
}

async function changesFor(forMs: number): Promise<void> {
  for (let ms = 0; ms < forMs; ms += 10) {
    change();
    await clock.advanceAsync(10);
  }
}

test('a burst of changes is written once, after its first', async () => {
  const startMs = clock.nowMs();
  await changesFor(400);
  expect(written).toEqual([]);
  await clock.advanceAsync(1_000);
  expect(written).toEqual([[41, startMs + 500]]);
});

test('after a write it rests for nine times what that took, and then writes what is newest', async () => {
  const startMs = clock.nowMs();
  tookMs = 200;
  await changesFor(4_000);
  expect(written.map(([, atMs]) => atMs - startMs)).toEqual([500, 2_500]);
  await clock.advanceAsync(10_000);
  expect(written.map(([, atMs]) => atMs - startMs)).toEqual([500, 2_500, 4_500]);
  expect(written.at(-1)?.[0]).toBe(revision);
});

test('at the end it writes at once what still waits, also what changed during a write', async () => {
  tookMs = 200;
  change();
  await clock.advanceAsync(600);
  change();
  const flushed = writer.flush();
  await clock.advanceAsync(100);
  await clock.advanceAsync(200);
  await flushed;
  expect(written.map(([each]) => each)).toEqual([2, 3]);
});

test('a write that fails stops no later one', async () => {
  const fails = new SnapshotWriter({
    take: () => ({ revision }) as never,
    write: () => Promise.reject(new Error('no space left')),
    onError: (error) => errors.push(error),
    clock,
    delayMs: 500,
  });
  fails.schedule();
  await clock.advanceAsync(500);
  fails.schedule();
  await clock.advanceAsync(500);
  expect(errors).toHaveLength(2);
});
