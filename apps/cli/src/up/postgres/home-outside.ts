import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../../cli-error.js';

/**
 * A directory of ours outside the checkout, with a short path that other accounts may pass through: for what can't stay
 * beside the checkout because the server's account can't reach it there or the path is longer than Postgres can hold.
 * It survives a reboot. Throws a CliError if no candidate can be used.
 */
export function homeOutside(): string {
  const uid = process.getuid?.() ?? 0;
  const candidates =
    uid === 0
      ? ['/var/lib/signalbox', '/var/tmp/signalbox']
      : [
          join(process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local/share'), 'signalbox'),
          `/var/tmp/signalbox-${uid}`,
        ];
  for (const candidate of candidates) {
    if (candidate.length <= 200 && isOurs(candidate, uid)) return candidate;
  }
  throw new CliError(`None of these directories can be used for Postgres's files: ${candidates.join(', ')}.`, {
    hints: [
      'Make one of them writable for this account alone (mode 0711), or set SIGNALBOX_DATABASE_URL to a Postgres of your own.',
    ],
  });
}

/** Anyone may create a name in /var/tmp: one that isn't ours alone is not used, or its owner could swap our binaries. */
function isOurs(directory: string, uid: number): boolean {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o711 });
    const status = lstatSync(directory);
    if (!status.isDirectory() || status.uid !== uid || (status.mode & 0o022) !== 0) return false;
    chmodSync(directory, 0o711);
    return true;
  } catch {
    return false;
  }
}
