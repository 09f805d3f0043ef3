import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '#libs/telemetry';

export interface DataPlaneIdentity {
  /** Name of the DataPlane object. */
  readonly name: string;
  /** The same over restarts, as long as the state directory lives. */
  readonly uid: string;
  /** This process. */
  readonly instance: string;
  readonly software: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** No room on the disk, or none for this user: people make room while the process runs. */
const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** The uid from `<directory>/uid`, made at the first start. On a full disk it lives as long as the process. */
export async function loadUid(directory: string, logger: Pick<Logger, 'warn'>): Promise<string> {
  const path = join(directory, 'uid');
  const stored = await readFile(path, 'utf8').catch(() => '');
  if (UUID.test(stored.trim())) return stored.trim();
  const uid = randomUUID();
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(path, `${uid}\n`, { mode: 0o600 });
  } catch (error) {
    if (!FULL.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    logger.warn({ err: error }, 'the uid of this data plane cannot be kept: the next start makes another');
  }
  return uid;
}
