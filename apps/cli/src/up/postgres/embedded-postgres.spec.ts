import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '#libs/testing';
import pg from 'pg';
import { packageRoot } from '../../package-root.js';
import { lockHolder } from './data-directory.js';
import { EmbeddedPostgres } from './embedded-postgres.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

function temporaryDirectory(mode: number): string {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-postgres-spec-'));
  chmodSync(directory, mode);
  cleanUp.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function prepared(directory: string, durable = true, onLog?: (line: string) => void): Promise<EmbeddedPostgres> {
  const postgres = await EmbeddedPostgres.prepare({ directory, durable, claimDeadlineMs: 200, onLog });
  cleanUp.push(
    () => rmSync(join(postgres.dataDirectory, '..'), { recursive: true, force: true }),
    () => postgres.stop(),
  );
  return postgres;
}

async function query(postgres: EmbeddedPostgres, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: postgres.url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const serverPid = (postgres: EmbeddedPostgres) => lockHolder(postgres.dataDirectory) ?? 0;

test('committed rows survive kill -9, and an ordered stop leaves nothing behind', async () => {
  const postgres = await prepared(join(temporaryDirectory(0o711), 'postgres'));
  const { ended } = await postgres.start();
  expect(await query(postgres, 'show fsync')).toEqual([{ fsync: 'on' }]);
  expect(await query(postgres, 'show listen_addresses')).toEqual([{ listen_addresses: '' }]);
  await query(postgres, 'create table kept (id int)');
  await query(postgres, 'insert into kept values (1), (2)');

  process.kill(serverPid(postgres), 'SIGKILL');
  expect(await ended).toMatchObject({ code: 128 + 9 });

  await eventually(() => postgres.start().then(() => true));
  expect(await query(postgres, 'select count(*)::int as rows from kept')).toEqual([{ rows: 2 }]);

  const pid = serverPid(postgres);
  const socketDirectory = new URL(postgres.url).searchParams.get('host') ?? '';
  expect(statSync(socketDirectory).mode & 0o777).toBe(0o700);
  await postgres.stop();
  expect(isAlive(pid)).toBe(false);
  expect(existsSync(socketDirectory)).toBe(false);
});

test('a statement that fails is a line of the log, however long it is', async () => {
  const lines: string[] = [];
  const postgres = await prepared(join(temporaryDirectory(0o711), 'postgres'), false, (line) => lines.push(line));
  await postgres.start();
  await expect(query(postgres, 'select\n1\n/\n0')).rejects.toThrow('division by zero');
  await eventually(() => lines.length > 0);
  await postgres.stop();
  expect(lines.filter((line) => /STATEMENT|^\t/.test(line))).toEqual([]);
  expect(lines[0]).toMatch(/ERROR: +division by zero$/);
});

test('a second start finds the first one’s data, behind a path with blanks and quotes', async () => {
  const directory = join(temporaryDirectory(0o711), `it's "my" data`);
  const first = await prepared(directory);
  await first.start();
  await query(first, 'create table kept as select 7 as value');
  await first.stop();

  const second = await prepared(directory);
  await second.start();
  expect(await query(second, 'select value from kept')).toEqual([{ value: 7 }]);
});

test('a path longer than Postgres can hold', async () => {
  const deep = join(temporaryDirectory(0o711), ...Array.from({ length: 6 }, () => 'x'.repeat(200)));
  mkdirSync(deep, { recursive: true });
  const postgres = await prepared(join(deep, 'postgres'), false);
  await postgres.start();
  expect(await query(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(existsSync(join(deep, 'postgres/data/PG_VERSION'))).toBe(true);
});

test('below a directory that only its owner may enter', async () => {
  const postgres = await prepared(join(temporaryDirectory(0o700), 'postgres'), false);
  await postgres.start();
  expect(await query(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a lock file whose process id now belongs to someone else doesn’t keep it from starting', async () => {
  const postgres = await prepared(join(temporaryDirectory(0o711), 'postgres'), false);
  const lock = join(postgres.dataDirectory, 'postmaster.pid');
  await postgres.start();
  const content = readFileSync(lock, 'utf8');
  await postgres.stop();

  writeFileSync(lock, content.replace(/^\d+/, String(process.pid)));
  const again = await prepared(join(postgres.dataDirectory, '..'), false);
  await again.start();
  expect(serverPid(again)).not.toBe(process.pid);
});

test('data that another server works on is refused, and the other one left alone', async () => {
  const directory = join(temporaryDirectory(0o711), 'postgres');
  const postgres = await prepared(directory, false);
  await postgres.start();
  await expect(prepared(directory)).rejects.toThrow(/Another server is at work on/);
  expect(await query(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('data of another major version is refused by name', async () => {
  const postgres = await prepared(join(temporaryDirectory(0o711), 'postgres'), false);
  writeFileSync(join(postgres.dataDirectory, 'PG_VERSION'), '15\n');
  await expect(prepared(join(postgres.dataDirectory, '..'))).rejects.toThrow(/written by Postgres 15/);
});

describe('in a process of its own', () => {
  const nobody = { uid: 65_534, gid: 65_534 };
  const build = join(packageRoot(), 'dist/apps/cli/src/up/postgres/embedded-postgres.js');
  const program = `
    import { EmbeddedPostgres } from ${JSON.stringify(build)};
    const postgres = await EmbeddedPostgres.prepare({ directory: process.argv[1], durable: false });
    await postgres.start();
    console.log(JSON.stringify({ data: postgres.dataDirectory, owner: process.getuid() }));
    setInterval(() => {}, 1000);`;

  /** An ordinary account: ours, or as root one that can reach Node and the build (a checkout below /root can't be reached). */
  function ordinaryAccount(): { uid: number; gid: number } | undefined {
    if (process.getuid?.() !== 0) return undefined;
    const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', `import ${JSON.stringify(build)}`], {
      ...nobody,
      cwd: '/',
    });
    return status === 0 ? nobody : undefined;
  }

  async function start(account: { uid: number; gid: number } | undefined) {
    const directory = temporaryDirectory(0o777);
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program, join(directory, 'postgres')], {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'inherit'],
      ...account,
    });
    cleanUp.push(() => parent.kill('SIGKILL'));
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const { data, owner } = JSON.parse(line.toString()) as { data: string; owner: number };
    return { parent, data, owner, pid: lockHolder(data) ?? 0 };
  }

  test('ends when its parent is killed with SIGKILL', async () => {
    const { parent, data, pid } = await start(undefined);
    cleanUp.push(() => rmSync(join(data, '..'), { recursive: true, force: true }));
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await eventually(() => !isAlive(pid) && !existsSync(join(data, 'postmaster.pid')));
  });

  test('runs as an ordinary user', async () => {
    const account = ordinaryAccount();
    const { data, owner } = await start(account);
    expect(owner).toBe(account?.uid ?? process.getuid?.());
    // Root lends the server an account; everyone else is served by their own.
    expect(statSync(data).uid === owner).toBe(owner !== 0);
  });
});
