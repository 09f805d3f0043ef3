import { execFile, spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CliError } from '../../cli-error.js';
import type { Account } from '../guarded-process.js';
import type { Binaries } from './binaries.js';
import { homeOutside } from './home-outside.js';
import { longestServerPath, serverEnvironment } from './server-environment.js';

/** The major version whose data files this Postgres reads; the pinned packages are all of one. */
const majorVersion = '18';

/** The superuser of an embedded Postgres, and the name of its database. */
export const owner = 'signalbox';

/**
 * Where the files of `link` really are. `link` becomes a directory, or, where the server's account can't pass through
 * its parents (root's state directory is private) or its path is too long, a symbolic link to one.
 */
export function placeHome(link: string, account: Account | undefined): string {
  const present = lstatSync(link, { throwIfNoEntry: false });
  if (present?.isSymbolicLink()) {
    const target = readlinkSync(link);
    if (existsSync(target)) return target;
    throw new CliError(`The database's directory is missing: ${link} points to ${target}.`, {
      hints: [`Put ${target} back, or remove the link to start with an empty database.`],
    });
  }
  if (present?.isDirectory()) return link;
  const inPlace = Buffer.byteLength(link) <= longestServerPath && reaches(account, dirname(link));
  const home = inPlace ? link : mkdtempSync(join(homeOutside(), 'database-'));
  if (inPlace) mkdirSync(link, { mode: 0o700 });
  else symlinkSync(home, link);
  if (account) chownSync(home, account.uid, account.gid);
  return home;
}

/** Asks the system, as the account, instead of reading modes: access lists and mounts have a say too. */
function reaches(account: Account | undefined, directory: string): boolean {
  if (!account) return true;
  const { status } = spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], {
    ...account,
    cwd: '/',
    stdio: 'ignore',
  });
  return status === 0;
}

/** Creates the database files in `home`/data unless they exist. `durable: false` skips fsync, for throw-away servers. */
export async function initialise(
  home: string,
  binaries: Binaries,
  account: Account | undefined,
  options: { readonly durable: boolean },
): Promise<string> {
  const data = join(home, 'data');
  if (existsSync(data)) {
    refuseOtherVersion(data);
    return data;
  }
  // initdb isn't atomic; a rename is. What an interrupted first start left behind is made again from nothing.
  const partial = join(home, 'data.partial');
  rmSync(partial, { recursive: true, force: true });
  const args = [
    `--pgdata=${partial}`,
    `--username=${owner}`,
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    // The socket's directory is private, which is the lock; there is no listener beside it.
    '--auth-local=trust',
    '--auth-host=reject',
    '--no-instructions',
    ...(options.durable ? [] : ['--no-sync']),
  ];
  try {
    await promisify(execFile)(binaries.initdb, args, { cwd: '/', env: serverEnvironment(), ...account });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new CliError(`Postgres could not create its data directory ${data}: ${stderr?.trim() || message}`, {
      cause: error,
      hints: ['Check free space and permissions there, or set SIGNALBOX_DATABASE_URL to a Postgres of your own.'],
    });
  }
  renameSync(partial, data);
  return data;
}

function refuseOtherVersion(data: string): void {
  const version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (version === majorVersion) return;
  throw new CliError(
    `The data in ${data} was written by Postgres ${version}; the embedded one is Postgres ${majorVersion}.`,
    {
      hints: [
        `Serve it with a Postgres ${version} of your own by SIGNALBOX_DATABASE_URL, or dump it there and restore it here.`,
      ],
    },
  );
}

/** The process id in the data directory's lock file; undefined without one. */
export function lockHolder(data: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10);
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a server is at work on `data`. Postgres itself takes any living process of its account with the noted id for
 * one, so that after a restart of a container, where ids repeat, it may never start again; this looks at the process:
 * a server's working directory is its data directory.
 */
export function isServed(data: string): boolean {
  const pid = lockHolder(data);
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return workingDirectory(pid, data) ?? true;
}

/** Undefined where the system doesn't tell. */
function workingDirectory(pid: number, data: string): boolean | undefined {
  try {
    const at = statSync(`/proc/${pid}/cwd`);
    const expected = statSync(data);
    return at.dev === expected.dev && at.ino === expected.ino;
  } catch {
    return undefined;
  }
}

/** Removes the lock file of a server that is gone. */
export function removeStaleLock(data: string): void {
  rmSync(join(data, 'postmaster.pid'), { force: true });
}
