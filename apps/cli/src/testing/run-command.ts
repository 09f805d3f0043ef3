import { Readable } from 'node:stream';
import { run } from '../program.js';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs one command line in this process, in `folder`, with nothing of the developer's own environment. */
export async function runCommand(
  args: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
  { interrupted = new AbortController().signal, stdin = '' }: { interrupted?: AbortSignal; stdin?: string } = {},
): Promise<Outcome> {
  let out = '';
  let error = '';
  const code = await run(args, {
    stdin: Readable.from([stdin]),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (error += text), isTTY: true },
    environment: { ...environment, NO_COLOR: '1' },
    workingDirectory: folder,
    interrupted,
  });
  return { code, out, error };
}
