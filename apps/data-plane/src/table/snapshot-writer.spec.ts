import { FakeClock } from '#libs/testing';
import { SnapshotWriter } from './snapshot-writer.js';

let clock: FakeClock;
let revision: number;
/** The revisions that were written, and when each write began. */
let written: [revision: number, atMs: number][];
let tookMs: number;
let writer: SnapshotWriter;
/** When each attempt began, whatever came of it. */
let attempts: number[];
let full: boolean;
let said: string[];
const health = { failed: (error: unknown) => said.push(String(error)), written: () => said.push('written') };

beforeEach(() => {
  clock = new FakeClock();
  [revision, written, tookMs, attempts, full, said] = [1, [], 0, [], false, []];
  writer = new SnapshotWriter({
    take: () => ({
      credentials: { type: 'credentials', upserts: [], removals: [] } as never,
      revision,
      version: 'v',
      schemaVersion: 1,
      entries: [],
    }),
    write: async (snapshot) => {
      attempts.push(clock.nowMs());
      if (tookMs > 0) await new Promise<void>((resolve) => void clock.after(tookMs, resolve));
      if (full) throw new Error('no space left');
      written.push([snapshot.revision, clock.nowMs() - tookMs]);
    },
    health,
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
  const flushed = writer.stop();
  await clock.advanceAsync(100);
  await clock.advanceAsync(200);
  await flushed;
  expect(written.map(([each]) => each)).toEqual([2, 3]);
});

test('what the disk refused is tried again, less and less often, until it has room', async () => {
  const startMs = clock.nowMs();
  full = true;
  change();
  await clock.advanceAsync(200_000);
  expect(attempts.map((atMs) => (atMs - startMs - 500) / 1_000)).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
  expect(new Set(said)).toEqual(new Set(['Error: no space left']));
  full = false;
  change();
  await clock.advanceAsync(60_000);
  expect([written.map(([each]) => each), said.at(-1)]).toEqual([[3], 'written']);
  attempts = [];
  await clock.advanceAsync(200_000);
  expect(attempts).toEqual([]);
});

test('the first failure after one that was overcome is tried again soon', async () => {
  full = true;
  change();
  await clock.advanceAsync(10_000);
  full = false;
  await clock.advanceAsync(60_000);
  full = true;
  change();
  await clock.advanceAsync(500);
  attempts = [];
  await clock.advanceAsync(1_000);
  expect(attempts).toHaveLength(1);
});

test('changes while the disk is full make no more attempts', async () => {
  full = true;
  change();
  await clock.advanceAsync(8_000);
  const before = attempts.length;
  await changesFor(7_000);
  expect(attempts.length - before).toBe(0);
});

test('at the end what failed is tried once more, and then no more', async () => {
  full = true;
  change();
  await clock.advanceAsync(600);
  full = false;
  await writer.stop();
  expect(written.map(([each]) => each)).toEqual([2]);

  full = true;
  change();
  await clock.advanceAsync(600);
  await writer.stop();
  expect(clock.pendingTimers).toBe(0);
});

test('a snapshot that cannot be taken is a failure like another', async () => {
  const fails = new SnapshotWriter({
    take: () => {
      throw new Error('a defect');
    },
    write: () => Promise.resolve(),
    health,
    clock,
    delayMs: 500,
  });
  fails.schedule();
  await clock.advanceAsync(2_000);
  expect(said).toEqual(['Error: a defect', 'Error: a defect']);
});

test('a disk that does not answer is failing after a while, and no longer once it does', async () => {
  tookMs = 40_000;
  change();
  await clock.advanceAsync(500 + 29_999);
  expect(said).toEqual([]);
  await clock.advanceAsync(1);
  expect(said).toEqual(['Error: ETIMEDOUT: the disk has not answered for 30 s']);
  await clock.advanceAsync(10_000);
  expect(said.at(-1)).toBe('written');
  await clock.advanceAsync(100_000);
  expect(said).toHaveLength(2);
});
