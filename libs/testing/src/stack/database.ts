import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/**
 * An empty database in the test run's Postgres (`SIGNALBOX_TEST_DATABASE_URL`, set by the global setup).
 * The cluster is thrown away whole, so nothing is dropped afterwards.
 */
export async function createDatabase(): Promise<string> {
  const cluster = process.env['SIGNALBOX_TEST_DATABASE_URL'];
  if (!cluster) throw new Error('SIGNALBOX_TEST_DATABASE_URL is not set: run the tests by `npm test`');
  const name = `stack_${randomBytes(6).toString('hex')}`;
  const client = new Client({ connectionString: cluster });
  await client.connect();
  try {
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  return withDatabase(cluster, name);
}

/** The same server, another database. A URL with an empty host (a Unix socket) is no WHATWG URL, hence the text work. */
function withDatabase(url: string, name: string): string {
  return url.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${name}`);
}
