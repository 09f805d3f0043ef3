import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataPlaneProcess, Stack } from '#libs/testing';
import { EmbeddedPostgres } from '../../apps/cli/src/up/postgres/embedded-postgres.js';

export interface Environment {
  readonly stack: Stack;
  readonly dataPlane: DataPlaneProcess;
  /** May be stopped and started meanwhile: it keeps its address and its data. */
  readonly database: { start(): Promise<void>; stop(): Promise<void> };
  stop(): Promise<void>;
}

/** A stack on a durable Postgres of its own, logging warnings only. */
export async function startEnvironment(
  dataPlaneEnvironments: readonly Record<string, string>[] = [{}],
  environment: Record<string, string> = {},
): Promise<Environment> {
  const database = await startDatabase();
  const stack = await Stack.start({
    databaseUrl: database.url,
    environment: { SIGNALBOX_LOG_LEVEL: 'warn', ...environment },
    dataPlanes: dataPlaneEnvironments.length,
    dataPlaneEnvironments,
  }).catch(async (error: unknown) => {
    await database.remove();
    throw error;
  });
  const [dataPlane] = stack.dataPlanes;
  if (!dataPlane) throw new Error('an environment needs at least one data plane');
  return {
    stack,
    dataPlane,
    database,
    stop: async () => {
      await stack.stop();
      await database.remove();
    },
  };
}

async function startDatabase(): Promise<Environment['database'] & { url: string; remove(): Promise<void> }> {
  const parent = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  // As root, Postgres runs under another account, which must pass through here.
  chmodSync(parent, 0o711);
  const postgres = await EmbeddedPostgres.prepare({ directory: join(parent, 'postgres'), durable: true });
  await postgres.start();
  return {
    url: postgres.url,
    start: async () => {
      restoreSocketDirectory(postgres.url, join(parent, 'postgres', 'data'));
      await postgres.start();
    },
    stop: () => postgres.stop(),
    remove: async () => {
      await postgres.stop();
      rmSync(parent, { recursive: true, force: true });
    },
  };
}

/** A stop takes it away; the control plane knows it by its address. */
function restoreSocketDirectory(url: string, dataDirectory: string): void {
  const directory = new URL(url).searchParams.get('host')!;
  const { uid, gid } = statSync(dataDirectory);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chownSync(directory, uid, gid);
}
