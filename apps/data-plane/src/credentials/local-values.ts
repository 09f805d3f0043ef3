import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { Glob } from '#libs/routing-table';
import { checkValue, type CheckedValue } from './acceptable-value.js';
import { FewAtOnce } from './few-at-once.js';

const MAX_FILE_BYTES = 64 * 1024;
const READS_AT_ONCE = 2;

/** Reads environment variables whose names an allowlist admits. Without one it reads none. */
export class EnvironmentValues {
  private readonly allowed: readonly Glob[];

  /** `patterns`: those of SIGNALBOX_CREDENTIAL_ENV, `*` for any run of characters. */
  constructor(
    patterns: readonly string[],
    private readonly environment: Readonly<Record<string, string | undefined>>,
  ) {
    this.allowed = patterns.map((pattern) => new Glob(pattern));
  }

  read(name: string): CheckedValue {
    if (!this.allowed.some((glob) => glob.matches(name))) {
      return { reason: `the variable ${name} is not allowed by SIGNALBOX_CREDENTIAL_ENV of this data plane` };
    }
    const value = Object.hasOwn(this.environment, name) ? this.environment[name] : undefined;
    return value === undefined ? { reason: `the variable ${name} is not set` } : checkValue(value);
  }
}

/** Reads files below one directory, wherever links may point. Without a directory it reads none. */
export class FileValues {
  /** `directory`: SIGNALBOX_CREDENTIAL_DIR. */
  constructor(
    private readonly directory: string | undefined,
    private readonly reads = new FewAtOnce(READS_AT_ONCE),
  ) {}

  /** `path`: relative to the directory, or absolute and below it. One trailing line break is no part of the value. */
  async read(path: string): Promise<CheckedValue> {
    const { directory } = this;
    if (directory === undefined) return { reason: 'SIGNALBOX_CREDENTIAL_DIR of this data plane is not set' };
    return this.reads.run(() => this.readBelow(directory, path));
  }

  private async readBelow(directory: string, path: string): Promise<CheckedValue> {
    try {
      const root = await realpath(directory);
      const target = await realpath(resolve(root, path));
      if (!target.startsWith(root + sep)) return { reason: 'the file is outside of SIGNALBOX_CREDENTIAL_DIR' };
      return checkValue((await readSmallFile(target)).replace(/\r?\n$/, ''));
    } catch (error) {
      return { reason: readFailure(error) };
    }
  }
}

async function readSmallFile(path: string): Promise<string> {
  // The path was resolved, so a link here was put in place meanwhile; and a FIFO must not block the open.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new NotReadableError('it is not a regular file');
    if (stat.size > MAX_FILE_BYTES) throw new NotReadableError(`it is larger than ${MAX_FILE_BYTES} bytes`);
    return await file.readFile('latin1');
  } finally {
    await file.close();
  }
}

class NotReadableError extends Error {}

function readFailure(error: unknown): string {
  if (error instanceof NotReadableError) return `the file can't be used: ${error.message}`;
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  return `the file can't be read: ${code}`;
}
