/**
 * One throw-away Postgres for the whole run; suites make databases of their own in it. Uses the build that `npm test`
 * has made, because jest transforms no global setup.
 */
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgres } from '../../dist/apps/cli/src/up/postgres/embedded-postgres.js';

export default async function setUp() {
  const parent = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
  // As root, Postgres runs under another account, which must pass through here.
  chmodSync(parent, 0o711);
  const postgres = await EmbeddedPostgres.prepare({
    directory: join(parent, 'postgres'),
    durable: false,
    maxConnections: 300,
  });
  await postgres.start();
  process.env.SIGNALBOX_TEST_DATABASE_URL = postgres.url;
  globalThis.signalboxTestPostgres = { postgres, parent };
}
