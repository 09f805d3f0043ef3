import { readFileSync, statSync } from 'node:fs';
import { CliError } from '../../cli-error.js';
import type { Account } from '../guarded-process.js';

/**
 * The account that Postgres runs as. Postgres refuses root, so root lends it `postgres` or `nobody`; everyone else runs
 * it as themselves (undefined). Data that exists is served by its owner, whoever started it first.
 */
export function serverAccount(dataDirectory: string, passwdFile = '/etc/passwd'): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(dataDirectory, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const accounts = readAccounts(passwdFile);
  const account = accounts.get('postgres') ?? accounts.get('nobody');
  if (!account) {
    throw new CliError(
      'Postgres refuses to run as root, and this machine has neither an account `postgres` nor `nobody`.',
      {
        hints: ['Run signalbox as an ordinary user, or set SIGNALBOX_DATABASE_URL to a Postgres of your own.'],
      },
    );
  }
  return account;
}

/** Node has no getpwnam. initdb looks its account up in the same file, so an account found elsewhere wouldn't help. */
function readAccounts(passwdFile: string): Map<string, Account> {
  const accounts = new Map<string, Account>();
  for (const line of readFileSync(passwdFile, 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name && uid && gid && Number(uid) !== 0) accounts.set(name, { uid: Number(uid), gid: Number(gid) });
  }
  return accounts;
}
