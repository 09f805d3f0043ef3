import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, chmodSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Account } from '../guarded-process.js';
import { cannotRun, findPlatformPackage } from './platform-package.js';
import { homeOutside } from './home-outside.js';
import { longestServerPath, serverEnvironment } from './server-environment.js';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The binaries that `account` can run: those in node_modules where it can reach them, else a copy of them. The package
 * stores library symlinks as a list, which its install script would make; installs run no scripts, so this does.
 */
export async function prepareBinaries(account: Account | undefined): Promise<Binaries> {
  const found = findPlatformPackage();
  const inPlace = linkLibraries(found.nativeDirectory);
  if (inPlace && found.nativeDirectory.length <= longestServerPath) {
    const attempt = tryRun(found.nativeDirectory, account);
    if (attempt.runs) return binariesIn(found.nativeDirectory);
    if (!attempt.unreachable) throw cannotRun(join(found.nativeDirectory, 'bin/postgres'), attempt.reason);
  }
  const copy = await copyOnce(found.nativeDirectory, join(homeOutside(), `postgres-${found.id}`));
  const attempt = tryRun(copy, account);
  if (!attempt.runs) throw cannotRun(join(copy, 'bin/postgres'), attempt.reason);
  return binariesIn(copy);
}

function binariesIn(directory: string): Binaries {
  return { initdb: join(directory, 'bin/initdb'), postgres: join(directory, 'bin/postgres') };
}

/** Makes the links that are missing. False where it can't (a read-only or foreign node_modules). */
function linkLibraries(nativeDirectory: string): boolean {
  const list = join(nativeDirectory, 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  try {
    for (const { source, target } of links) {
      const link = join(nativeDirectory, target.slice('native/'.length));
      if (lstatSync(link, { throwIfNoEntry: false })) continue;
      makeLink(basename(source), link);
    }
    return true;
  } catch {
    return false;
  }
}

function makeLink(target: string, link: string): void {
  try {
    symlinkSync(target, link);
  } catch (error) {
    // Two first starts at once: the other one made it.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

type Attempt = { runs: true } | { runs: false; unreachable: boolean; reason: string };

function tryRun(directory: string, account: Account | undefined): Attempt {
  const { error, status, stderr } = spawnSync(join(directory, 'bin/postgres'), ['--version'], {
    cwd: '/',
    env: serverEnvironment(),
    encoding: 'utf8',
    ...(account && { uid: account.uid, gid: account.gid }),
  });
  if (status === 0) return { runs: true };
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return {
    runs: false,
    unreachable: code === 'EACCES',
    reason:
      code === 'ENOENT'
        ? 'its program loader is missing'
        : (error?.message ?? stderr.trim().split('\n')[0] ?? 'no reason given'),
  };
}

/** Copies beside the target and renames, so that a half-made copy is never used and two starts can't mix theirs. */
async function copyOnce(nativeDirectory: string, target: string): Promise<string> {
  if (existsSync(target)) return target;
  const partial = mkdtempSync(`${target}.`);
  await cp(nativeDirectory, partial, { recursive: true, verbatimSymlinks: true });
  linkLibraries(partial);
  chmodSync(partial, 0o755);
  try {
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}
