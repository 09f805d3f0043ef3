import { createLogger } from '#libs/telemetry';
import { FakeClock } from '#libs/testing';
import { SnapshotHealth } from './snapshot-health.js';

let clock: FakeClock;
let lines: Record<string, unknown>[];
let health: SnapshotHealth;
let changes: (string | undefined)[];

beforeEach(() => {
  [clock, lines, changes] = [new FakeClock(), [], []];
  const destination = { write: (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>) };
  health = new SnapshotHealth(clock, createLogger({ name: 'test', level: 'info', destination }));
  health.onChange(() => changes.push(health.failure?.reason));
});

const noRoom = (call: string) =>
  Object.assign(new Error(`ENOSPC: no space left on device, ${call}`), { code: 'ENOSPC' });

test('a failure is said once however often it comes, and its end with how long it lasted', () => {
  const sinceMs = clock.nowMs();
  health.failed(noRoom('write'));
  clock.advance(5_000);
  health.failed(noRoom("open '/state/snapshot-7.tmp'"));
  expect(health.failure).toEqual({ reason: 'ENOSPC: no space left on device', sinceMs });
  expect(health.failingForMs).toBe(5_000);
  health.written();
  health.written();
  expect([health.failure, health.failingForMs]).toEqual([undefined, 0]);
  expect(lines.map(({ level, reason, failedForMs }) => [level, reason, failedForMs])).toEqual([
    ['error', 'ENOSPC: no space left on device', undefined],
    ['info', undefined, 5_000],
  ]);
  expect(changes).toEqual(['ENOSPC: no space left on device', undefined]);
});

test('another reason is said anew, and counts from the first', () => {
  const sinceMs = clock.nowMs();
  health.failed(noRoom('write'));
  clock.advance(1_000);
  health.failed(new TypeError('quotes what it stumbled over'));
  expect(health.failure).toEqual({ reason: 'unexpected TypeError', sinceMs });
  expect(changes).toHaveLength(2);
});

test('writes that work are no news', () => {
  health.written();
  expect([lines, changes]).toEqual([[], []]);
});
