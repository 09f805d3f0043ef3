import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { CliError } from '../../cli-error.js';
import { spawnGuarded } from '../guarded-process.js';
import type { Account, GuardedProcess, ProcessEnd } from '../guarded-process.js';
import { serverAccount } from './account.js';
import { prepareBinaries } from './binaries.js';
import type { Binaries } from './binaries.js';
import { initialise, isServed, owner, placeHome, removeStaleLock } from './data-directory.js';
import { serverEnvironment } from './server-environment.js';
import { makeSocketDirectory, removeSocketDirectory, socketPort } from './socket-directory.js';

export interface PostgresOptions {
  /** The cluster's home, created if absent; its parent must exist. May become a symbolic link (see placeHome). */
  readonly directory: string;
  /** False: no fsync, faster, and a power cut corrupts the data. For tests only. */
  readonly durable: boolean;
  readonly maxConnections?: number;
  /** How long to wait for another server to let go of the data. */
  readonly claimDeadlineMs?: number;
  /** Gets the server's log, line by line. */
  readonly onLog?: (line: string) => void;
}

const startDeadlineMs = 60_000;

/**
 * A Postgres of our own on a private Unix socket. `prepare` picks the account, the binaries and the data directory once;
 * `start` may be called again after the server died, with the same URL and the same data.
 */
export class EmbeddedPostgres {
  private process: GuardedProcess | undefined;
  private readonly lastLines: string[] = [];
  /** While it starts, each of our attempts to connect makes it log a refusal; if it fails, its last lines are shown. */
  private answering = false;

  private constructor(
    private readonly options: PostgresOptions,
    private readonly account: Account | undefined,
    private readonly binaries: Binaries,
    /** The directory with the data files. */
    readonly dataDirectory: string,
    private readonly socketDirectory: string,
  ) {}

  /** Throws a CliError where Postgres can't run here or another server is at work on the same data. */
  static async prepare(options: PostgresOptions): Promise<EmbeddedPostgres> {
    const account = serverAccount(options.directory);
    const binaries = await prepareBinaries(account);
    const home = placeHome(options.directory, account);
    const data = await initialise(home, binaries, account, { durable: options.durable });
    await claim(data, options.claimDeadlineMs ?? 30_000);
    return new EmbeddedPostgres(options, account, binaries, data, makeSocketDirectory(account));
  }

  /** For pg, TypeORM and libpq alike: the query's `host` is the socket's directory. */
  get url(): string {
    return this.urlOf(owner);
  }

  /** Starts the server and resolves when it answers. Throws a CliError with the server's last words. */
  async start(): Promise<{ readonly ended: Promise<ProcessEnd> }> {
    this.lastLines.length = 0;
    this.answering = false;
    const server = spawnGuarded({
      command: this.binaries.postgres,
      args: ['-D', this.dataDirectory, ...this.settings().flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      env: serverEnvironment(),
      cwd: '/',
      account: this.account,
      stopSignal: 'SIGINT',
      orphanGraceSeconds: 60,
    });
    this.process = server;
    this.readLog(server);
    await this.untilReady(server);
    this.answering = true;
    await this.createDatabase();
    return { ended: server.ended };
  }

  /** A fast shutdown: running transactions are rolled back, everything committed is on disk. Idempotent. */
  async stop(deadlineMs = 30_000): Promise<void> {
    await this.process?.stop(deadlineMs);
    removeSocketDirectory(this.socketDirectory);
  }

  private urlOf(database: string): string {
    return `postgresql://${owner}@localhost:${socketPort}/${database}?host=${encodeURIComponent(this.socketDirectory)}`;
  }

  private settings(): [name: string, value: string | number][] {
    const { durable, maxConnections = 100 } = this.options;
    const common: [string, string | number][] = [
      ['listen_addresses', ''],
      ['unix_socket_directories', this.socketDirectory],
      ['unix_socket_permissions', '0700'],
      ['port', socketPort],
      ['max_connections', maxConnections],
      ['timezone', 'UTC'],
      ['log_timezone', 'UTC'],
      // The control plane's own SQL, forty lines for each write that a full disk refuses.
      ['log_min_error_statement', 'panic'],
    ];
    if (durable) return [...common, ['fsync', 'on'], ['synchronous_commit', 'on'], ['full_page_writes', 'on']];
    return [...common, ['fsync', 'off'], ['synchronous_commit', 'off'], ['full_page_writes', 'off']];
  }

  private readLog(server: GuardedProcess): void {
    let rest = '';
    server.stdout.resume();
    server.stderr.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        this.lastLines.push(line);
        if (this.lastLines.length > 20) this.lastLines.shift();
        if (this.answering) this.options.onLog?.(line);
      }
    });
  }

  private async untilReady(server: GuardedProcess): Promise<void> {
    let ended = false;
    void server.ended.then(() => (ended = true));
    const deadline = Date.now() + startDeadlineMs;
    while (!(await answers(this.urlOf('postgres')))) {
      if (ended) throw new CliError(`Postgres ended while it started:\n${this.lastLines.join('\n')}`);
      if (Date.now() > deadline) {
        await server.stop(5_000);
        throw new CliError(`Postgres did not answer within ${startDeadlineMs / 1000} s:\n${this.lastLines.join('\n')}`);
      }
      await sleep(20);
    }
  }

  private async createDatabase(): Promise<void> {
    await withClient(this.urlOf('postgres'), async (client) => {
      const { rowCount } = await client.query('select from pg_database where datname = $1', [owner]);
      if (rowCount === 0) await client.query(`create database "${owner}"`);
    });
  }
}

/**
 * Waits for a server that is still at work on the data: its parent may have been killed a moment ago, and it is writing
 * its last checkpoint. One that stays belongs to another `signalbox up`, and is never touched.
 */
async function claim(data: string, deadlineMs: number): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (isServed(data)) {
    if (Date.now() > deadline) {
      throw new CliError(`Another server is at work on ${data} (see ${join(data, 'postmaster.pid')}).`, {
        hints: [
          'Is another `signalbox up` running in this directory? Stop it, or set SIGNALBOX_STATE_DIR to another one.',
        ],
      });
    }
    await sleep(100);
  }
  removeStaleLock(data);
}

async function answers(url: string): Promise<boolean> {
  try {
    await withClient(url, (client) => client.query('select 1'));
    return true;
  } catch {
    return false;
  }
}

async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A connection that breaks while idle is reported by the next query, and by the server's end.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
