import { createLogger } from '#libs/telemetry';
import { FakeClock } from '#libs/testing';
import { type BackendEntry, SCHEMA_VERSION, TableDigest } from '#libs/routing-table';
import { Credentials } from '../credentials/credentials.js';
import { LocalCredentials } from '../credentials/local-credentials.js';
import { EnvironmentValues, FileValues } from '../credentials/local-values.js';
import { CurrentTable } from './current-table.js';
import type { Snapshot } from './snapshot-content.js';
import type { SnapshotFiles } from './snapshot-files.js';
import { SnapshotHealth } from './snapshot-health.js';
import type { Table } from './table.js';
import { TableSync } from './table-sync.js';
import { entry, smallTable } from './testing/entries.js';

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
    dialects: ['OpenAI'],
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

test('a snapshot that names a dialect which this build does not speak is passed over', async () => {
  const snapshot = (revision: number, dialect: string): Snapshot => {
    const entries = smallTable.map((each) => {
      if (each.kind !== 'Backend') return each;
      const value = JSON.parse(Buffer.from(each.bytes).toString()) as BackendEntry;
      return entry('Backend', each.key, { ...value, dialect });
    });
    const { version } = TableDigest.of(entries);
    return {
      credentials: { type: 'credentials', values: [], revoked: [] },
      revision,
      version,
      schemaVersion: SCHEMA_VERSION,
      entries,
    };
  };
  async function* load() {
    yield { path: 'newer', snapshot: snapshot(2, 'Gemini') };
    yield { path: 'older', snapshot: snapshot(1, 'OpenAI') };
  }
  const clock = new FakeClock();
  const current = new CurrentTable();
  const local = new LocalCredentials(new EnvironmentValues([], {}), new FileValues(undefined), clock);
  const sync = new TableSync({
    current,
    credentials: new Credentials(local),
    dialects: ['OpenAI'],
    client: { start: () => {}, stop: () => Promise.resolve() },
    snapshots: {
      files: { load, write: () => Promise.resolve() } as unknown as SnapshotFiles,
      health: new SnapshotHealth(clock, logger),
    },
    clock,
    logger,
  });
  await sync.start();
  expect(current.current?.revision).toBe(1);
  await sync.stop();
});
