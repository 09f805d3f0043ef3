import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account } from '../guarded-process.js';

/** The port only names the socket file, `.s.PGSQL.5432`. */
export const socketPort = 5432;

/** A socket's whole path must fit into sun_path: 107 bytes on Linux, 103 on macOS. */
const longestSocketPath = 103;

/**
 * Makes a private (0700) directory for the server's socket. It is never beside the data, whose path may be any length,
 * and root's goes into /tmp, which the server's account can always reach.
 */
export function makeSocketDirectory(account: Account | undefined): string {
  const name = 'signalbox-';
  const socketLength = `/${name}XXXXXX/.s.PGSQL.${socketPort}`.length;
  const fits = Buffer.byteLength(tmpdir()) + socketLength <= longestSocketPath;
  const directory = mkdtempSync(join(account || !fits ? '/tmp' : tmpdir(), name));
  if (account) chownSync(directory, account.uid, account.gid);
  return directory;
}

export function removeSocketDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}
