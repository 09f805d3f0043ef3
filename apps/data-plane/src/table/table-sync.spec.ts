import { createLogger } from '#libs/telemetry';
import { FakeClock } from '#libs/testing';
import type { Credentials } from '../credentials/credentials.js';
import { CurrentTable } from './current-table.js';
import type { Snapshot } from './snapshot-content.js';
import type { SnapshotFiles } from './snapshot-files.js';
import { SnapshotHealth } from './snapshot-health.js';
import type { Table } from './table.js';
import { TableSync } from './table-sync.js';

const logger = createLogger({ name: 'test', level: 'silent' });

const table = (revision: number): Table =>
  ({
    revision,
    version: `v${revision}`,
    content: { digest: { schemaVersion: 1 } },
    entries: () => [][Symbol.iterator](),
  }) as unknown as Table;

test('a table that is swapped in without a new credential goes to the disk, as a changed credential does', async () => {
  const clock = new FakeClock();
  const current = new CurrentTable();
  const written: number[] = [];
  let credentialsChanged = (): void => {};
  const sync = new TableSync({
    current,
    credentials: {
      onChange: (listener: () => void) => (credentialsChanged = listener),
      snapshot: () => ({}),
    } as unknown as Credentials,
    client: { start: () => {}, stop: () => Promise.resolve() },
    snapshots: {
      files: { write: async ({ revision }: Snapshot) => void written.push(revision) } as unknown as SnapshotFiles,
      health: new SnapshotHealth(clock, logger),
    },
    clock,
    logger,
  });
  current.swap(table(1));
  await clock.advanceAsync(1_000);
  expect(written).toEqual([1]);
  current.swap(table(2));
  await clock.advanceAsync(1_000);
  credentialsChanged();
  await clock.advanceAsync(1_000);
  expect(written).toEqual([1, 2, 2]);
  await sync.stop();
});
