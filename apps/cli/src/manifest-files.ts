import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, exitCodes } from './cli-error.js';

/**
 * The YAML of all `-f` arguments as one stream of documents: files, directories (their .yaml, .yml and .json, in the
 * order of their names, not below), `-` for standard input. Nothing is parsed here: the server's reader is the only one,
 * so a manifest can't mean one thing here and another there.
 */
export async function readManifests(sources: readonly string[], standardInput: NodeJS.ReadableStream): Promise<string> {
  const texts: string[] = [];
  for (const source of sources) {
    if (source === '-') texts.push(await readAll(standardInput));
    else texts.push(...filesOf(source).map((file) => read(file)));
  }
  return joinDocuments(texts);
}

/** JSON is YAML, so both may be joined. A file that ends without a newline must not swallow the separator. */
export function joinDocuments(texts: readonly string[]): string {
  return texts.map((text) => (text.endsWith('\n') ? text : `${text}\n`)).join('---\n');
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
