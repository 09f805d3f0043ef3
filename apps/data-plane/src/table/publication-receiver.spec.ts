import type { Bookmark, Delta } from '#libs/control-protocol';
import { createLogger, silentTracer } from '#libs/telemetry';
import { FakeClock } from '#libs/testing';
import { Credentials } from '../credentials/credentials.js';
import { LocalCredentials } from '../credentials/local-credentials.js';
import { EnvironmentValues, FileValues } from '../credentials/local-values.js';
import { CurrentTable } from './current-table.js';
import { PublicationReceiver } from './publication-receiver.js';
import { full, smallTable } from './testing/entries.js';

let current: CurrentTable;
let receiver: PublicationReceiver;

beforeEach(async () => {
  const clock = new FakeClock();
  current = new CurrentTable();
  receiver = new PublicationReceiver({
    current,
    credentials: new Credentials(new LocalCredentials(new EnvironmentValues([], {}), new FileValues(undefined), clock)),
    dialects: ['OpenAI'],
    tracer: silentTracer,
    clock,
    logger: createLogger({ name: 'test', level: 'silent' }),
  });
});

const bookmark = (version: string, revision: number): Bookmark => ({
  type: 'bookmark',
  nonce: 7,
  revision,
  version,
  traceParents: [],
});
const delta = (baseVersion: string, version: string): Delta => ({
  type: 'delta',
  nonce: 7,
  revision: 9,
  baseVersion,
  version,
  traceParents: [],
  upserts: [],
  removals: [],
});

test('a bookmark moves the revision of the table that it is about, and of no other', async () => {
  const table = await full(smallTable, 3);
  current.swap(table);
  expect(await receiver.receive(bookmark('f00', 5))).toEqual({
    type: 'nack',
    nonce: 7,
    revision: 5,
    reason: 'a bookmark for f00, which is not served here',
  });
  expect(table.revision).toBe(3);
  expect(await receiver.receive(bookmark(table.version, 5))).toMatchObject({ type: 'ack', revision: 5 });
  expect(table.revision).toBe(5);
});

test('a delta is of use on the table that it leads from, and on no other', async () => {
  const table = await full(smallTable, 3);
  expect(await receiver.receive(delta(table.version, table.version))).toMatchObject({ type: 'nack', nonce: 7 });
  current.swap(table);
  expect(await receiver.receive(delta('f00', table.version))).toMatchObject({
    type: 'nack',
    reason: 'a delta on f00, which is not served here',
  });
  expect(current.current).toBe(table);
  expect(await receiver.receive(delta(table.version, table.version))).toMatchObject({ type: 'ack', revision: 9 });
});
