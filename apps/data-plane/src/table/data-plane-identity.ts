import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

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

/** The uid from `<directory>/uid`, made at the first start. Without a directory it lives as long as the process. */
export async function loadUid(directory: string | undefined): Promise<string> {
  if (directory === undefined) return randomUUID();
  const path = join(directory, 'uid');
  const stored = await readFile(path, 'utf8').catch(() => '');
  if (UUID.test(stored.trim())) return stored.trim();
  const uid = randomUUID();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(path, `${uid}\n`, { mode: 0o600 });
  return uid;
}
