import { request } from 'undici';
import { CliError, exitCodes } from '../cli-error.js';
import { readClientConfig } from '../config/config.js';
import type { CliContext } from '../context.js';
import { printable } from '../output/style.js';
import { connectionError } from './admin-client.js';
import { findStateDirectory } from './connection.js';

/** Where a data plane's operators' listener is. Throws a CliError that says how to name it. */
export function dataPlaneAdminUrl(context: CliContext, given: string | undefined): string {
  const config = readClientConfig(context.environment, context.workingDirectory);
  const embedded = findStateDirectory(config, context.workingDirectory)?.readEndpoints()?.dataPlaneAdmin;
  const url = given ?? config.dataPlaneAdminUrl ?? embedded;
  if (url === undefined) {
    throw new CliError('No data plane to ask: name its admin listener.', {
      exitCode: exitCodes.usage,
      hints: ['Give --data-plane http://HOST:7073, or set SIGNALBOX_DATA_PLANE_ADMIN_URL.'],
    });
  }
  if (/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) return url;
  throw new CliError(`--data-plane must be a URL such as http://127.0.0.1:7073, not "${url}".`, {
    exitCode: exitCodes.usage,
    hints: ['It is the admin listener of one data plane. `signalbox reset` takes names, as it asks the control plane.'],
  });
}

export interface DataPlaneAsk {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** One question to that listener, which answers JSON. */
export async function askDataPlane<Answer>(
  base: string,
  { path, query = {}, body }: DataPlaneAsk,
  interrupted: AbortSignal,
): Promise<Answer> {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  try {
    const response = await request(url, {
      method: body === undefined ? 'GET' : 'POST',
      signal: interrupted,
      headersTimeout: 30_000,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.body.text();
    if (response.statusCode >= 400) throw refusal(url, response.statusCode, text);
    return JSON.parse(text) as Answer;
  } catch (error) {
    if (error instanceof CliError) throw error;
    if (error instanceof SyntaxError) throw notAnAdmin(url);
    throw connectionError(error, base, 'SIGNALBOX_DATA_PLANE_ADMIN_URL');
  }
}

function refusal(url: URL, status: number, text: string): CliError {
  if (status === 404) return notAnAdmin(url);
  return new CliError(printable(text.trim().slice(0, 1_000)) || `HTTP ${status}`);
}

function notAnAdmin({ origin, pathname }: URL): CliError {
  return new CliError(
    `${origin} has no ${pathname}: it is no admin listener of a data plane, or one of an earlier release.`,
    {
      hints: ["Its port is 7073 unless another was set; the clients' port (7070) doesn't answer this."],
    },
  );
}
