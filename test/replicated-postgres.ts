import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { EmbeddedPostgres } from '../apps/cli/src/up/postgres/embedded-postgres.js';
import { DatabaseRoute } from '../apps/control-plane/test/database-route.js';
import { until } from '../apps/control-plane/test/store-fixture.js';

/** A Postgres of a test's own, which it may stop, and a standby that streams from it, which it may promote. */
export class ReplicatedPostgres {
  private constructor(
    private readonly parent: string,
    private readonly primary: EmbeddedPostgres,
    private readonly standby: EmbeddedPostgres,
    /** The standby's way to the primary. */
    private readonly replication: DatabaseRoute,
  ) {}

  static async start(): Promise<ReplicatedPostgres> {
    const parent = mkdtempSync(join(tmpdir(), 'signalbox-replicated-'));
    // As root, Postgres runs under another account, which must pass through here.
    chmodSync(parent, 0o711);
    const primary = await startServer(join(parent, 'primary'));
    // A cold copy: the packages ship no pg_basebackup.
    await primary.stop();
    const home = join(parent, 'standby');
    const data = join(home, 'data');
    const { uid, gid } = statSync(primary.dataDirectory);
    mkdirSync(home, { mode: 0o700 });
    chownSync(home, uid, gid);
    const { status, stderr } = spawnSync('cp', ['-a', primary.dataDirectory, data], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the copy for the standby failed: ${stderr}`);
    const restarted = await startServer(join(parent, 'primary'));
    const replication = new DatabaseRoute();
    const { port, username } = new URL(await replication.through(restarted.url));
    appendFileSync(
      join(data, 'postgresql.auto.conf'),
      `primary_conninfo = 'host=127.0.0.1 port=${port} user=${username}'\nwal_retrieve_retry_interval = 200\n`,
    );
    writeFileSync(join(data, 'standby.signal'), '');
    chownSync(join(data, 'standby.signal'), uid, gid);
    return new ReplicatedPostgres(parent, restarted, await startServer(home), replication);
  }

  get primaryUrl(): string {
    return this.primary.url;
  }

  get standbyUrl(): string {
    return this.standby.url;
  }

  /** Resolves once the standby shows everything that the primary has acknowledged so far. */
  async caughtUp(): Promise<void> {
    // A throw-away server acknowledges what it has not written yet: a commit that waits for the disk writes all before it.
    await run(this.primaryUrl, `SET synchronous_commit = on; SELECT pg_logical_emit_message(true, 'test', '')`);
    const [{ lsn }] = await run<{ lsn: string }>(this.primaryUrl, 'SELECT pg_current_wal_lsn() AS lsn');
    await until('the standby has caught up', async () => {
      const [row] = await run<{ there: boolean }>(
        this.standbyUrl,
        `SELECT pg_last_wal_replay_lsn() >= '${lsn}'::pg_lsn AS there`,
      );
      return row.there;
    });
  }

  /** From here on nothing that the primary acknowledges reaches the standby. */
  separate(): void {
    this.replication.cut();
  }

  async promote(): Promise<void> {
    await run(this.standbyUrl, 'SELECT pg_promote()');
  }

  async stop(): Promise<void> {
    await Promise.all([this.primary.stop(), this.standby.stop()]);
    await this.replication.close();
    rmSync(this.parent, { recursive: true, force: true });
  }
}

async function startServer(directory: string): Promise<EmbeddedPostgres> {
  const server = await EmbeddedPostgres.prepare({ directory, durable: false });
  await server.start();
  return server;
}

async function run<Row>(url: string, sql: string): Promise<[Row]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as [Row];
  } finally {
    await client.end();
  }
}
