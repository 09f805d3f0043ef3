import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../src/database/data-source.js';
import { entities } from '../src/entities.js';
import { runMigrations } from '../src/database/run-migrations.js';

/** A database of a suite's own on the Postgres that the test run started. */
export interface TestDatabase {
  readonly url: string;
  readonly dataSource: DataSource;
  drop(): Promise<void>;
}

/** A migrated one: a copy of a template that the first suite makes, so that it costs milliseconds. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase(`TEMPLATE ${await ensureTemplate()} STRATEGY file_copy`);
}

/** One without our schema. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase('TEMPLATE template1');
}

let created = 0;

async function createDatabase(how: string): Promise<TestDatabase> {
  const name = `suite_${process.pid}_${Date.now()}_${created++}`;
  await asAdmin((admin) => admin.query(`CREATE DATABASE ${name} ${how}`));
  const url = urlOf(name);
  const dataSource = await createDataSource({ url, entities }).initialize();
  return {
    url,
    dataSource,
    drop: async () => {
      if (dataSource.isInitialized) await dataSource.destroy();
      await asAdmin((admin) => admin.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  };
}

/** The processes of a test run wait for the one that makes the template. */
const TEMPLATE_LOCK = [0x7465_7374, 1];

/** Named after the migrations' text, so that a cluster that outlives an edit of it never serves the old schema. */
function ensureTemplate(): Promise<string> {
  const folder = new URL('../../../migrations/', import.meta.url);
  const digest = createHash('sha256');
  for (const file of readdirSync(folder).sort()) digest.update(readFileSync(new URL(file, folder)));
  const name = `template_${digest.digest('hex').slice(0, 16)}`;
  return asAdmin(async (admin) => {
    await admin.query('SELECT pg_advisory_lock($1, $2)', TEMPLATE_LOCK);
    const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount) return name;
    const unfinished = `${name}_unfinished`;
    await admin.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
    await admin.query(`CREATE DATABASE ${unfinished}`);
    await runMigrations({ url: urlOf(unfinished) });
    await admin.query(`ALTER DATABASE ${unfinished} RENAME TO ${name}`);
    return name;
  });
}

function clusterUrl(): string {
  const url = process.env['SIGNALBOX_TEST_DATABASE_URL'];
  if (!url)
    throw new Error('SIGNALBOX_TEST_DATABASE_URL is not set: run the tests with npm test, which starts a Postgres');
  return url;
}

/** The cluster's URL may have a path (`postgres://user@/postgres?host=...`) that URL parsers refuse. */
function urlOf(database: string): string {
  return clusterUrl().replace(/^(\w+:\/\/[^/?]*)(\/[^?]*)?/, `$1/${database}`);
}

async function asAdmin<T>(work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client({ connectionString: clusterUrl() });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
