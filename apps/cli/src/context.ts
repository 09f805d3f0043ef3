import { AdminClient } from './client/admin-client.js';
import { connectionTo, findStateDirectory } from './client/connection.js';
import { readClientConfig } from './config/config.js';
import type { OutputStream, Style } from './output/style.js';
import { printable, styleFor } from './output/style.js';

/** What a command touches of its process; tests give their own. */
export interface CliContext {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  /** Aborts on Ctrl-C: requests and watches end, and with them the command. */
  readonly interrupted: AbortSignal;
}

/** Runs `work` with a client of the control plane that the environment or the state directory names. */
export async function withAdminClient<Result>(
  context: CliContext,
  work: (client: AdminClient) => Promise<Result>,
): Promise<Result> {
  const config = readClientConfig(context.environment, context.workingDirectory);
  const connection = connectionTo(config, findStateDirectory(config, context.workingDirectory));
  const client = new AdminClient(connection, (text) => showWarning(context, text), context.interrupted);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

export function showWarning(context: CliContext, text: string): void {
  const style = styleFor(context.stderr, context.environment);
  context.stderr.write(`${style('yellow', 'Warning:')} ${printable(text)}\n`);
}

export function stdoutStyle(context: CliContext): Style {
  return styleFor(context.stdout, context.environment);
}
