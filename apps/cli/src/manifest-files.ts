import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, exitCodes } from './cli-error.js';

/** One text that an argument stood for. */
export interface Manifest {
  /** As it was named, or below the directory that was; `stdin`. */
  readonly file: string;
  readonly text: string;
}

/**
 * The manifests of all `-f` arguments: files, directories (their .yaml, .yml and .json, in the order of their names, not
 * below), `-` for standard input. Nothing is parsed here: the server's reader is the only one, so a manifest can't mean one
 * thing here and another there.
 */
export async function readManifests(
  sources: readonly string[],
  standardInput: NodeJS.ReadableStream,
): Promise<readonly Manifest[]> {
  const manifests: Manifest[] = [];
  for (const source of sources) {
    if (source === '-') manifests.push({ file: 'stdin', text: await readAll(standardInput) });
    else manifests.push(...filesOf(source).map((file) => ({ file, text: read(file) })));
  }
  return manifests;
}

function filesOf(source: string): string[] {
  const status = statSync(source, { throwIfNoEntry: false });
  if (!status) throw new CliError(`There is no file or directory ${source}.`, { exitCode: exitCodes.usage });
  if (!status.isDirectory()) return [source];
  const files = readdirSync(source)
    .filter((name) => /\.(ya?ml|json)$/.test(name))
    .sort()
    .map((name) => join(source, name));
  if (files.length === 0) {
    throw new CliError(`The directory ${source} has no .yaml, .yml or .json file.`, { exitCode: exitCodes.usage });
  }
  return files;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CliError(`Can't read ${file}: ${(cause as Error).message}`, { cause, exitCode: exitCodes.usage });
  }
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
