import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataPlaneProcess, Stack } from '#libs/testing';
import { EmbeddedPostgres } from '../../apps/cli/src/up/postgres/embedded-postgres.js';

export interface Environment {
  readonly stack: Stack;
  readonly dataPlane: DataPlaneProcess;
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
    await database.stop();
    throw error;
  });
  const [dataPlane] = stack.dataPlanes;
  if (!dataPlane) throw new Error('an environment needs at least one data plane');
  return {
    stack,
    dataPlane,
    stop: async () => {
      await stack.stop();
      await database.stop();
    },
  };
}

async function startDatabase(): Promise<{ url: string; stop(): Promise<void> }> {
  const parent = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  // As root, Postgres runs under another account, which must pass through here.
  chmodSync(parent, 0o711);
  const postgres = await EmbeddedPostgres.prepare({ directory: join(parent, 'postgres'), durable: true });
  await postgres.start();
  return {
    url: postgres.url,
    stop: async () => {
      await postgres.stop();
      rmSync(parent, { recursive: true, force: true });
    },
  };
}
