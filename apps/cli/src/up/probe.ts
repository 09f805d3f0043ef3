import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { CliError } from '../cli-error.js';
import { printable } from '../output/style.js';

const attemptTimeoutMs = 2_000;

export interface ProbeAnswer {
  readonly ok: boolean;
  /** With `?verbose`: a line for each check. */
  readonly report: string;
}

/** Asks a probe. Throws where nobody listens. `caFile` may not exist yet: then the server isn't up. */
export async function probe(url: string, caFile?: string): Promise<ProbeAnswer> {
  if (caFile !== undefined && !existsSync(caFile)) return { ok: false, report: `${caFile} is not there yet` };
  const ca = caFile === undefined ? undefined : readFileSync(caFile);
  const agent = new Agent({ connect: { ca } });
  try {
    const { statusCode, body } = await request(url, {
      dispatcher: agent,
      headersTimeout: attemptTimeoutMs,
      bodyTimeout: attemptTimeoutMs,
    });
    return { ok: statusCode === 200, report: await body.text() };
  } finally {
    await agent.destroy();
  }
}

/** Polls until a probe succeeds. Throws a CliError with the checks that failed. */
export async function untilReady(
  name: string,
  url: string,
  options: { readonly deadlineMs: number; readonly signal: AbortSignal; readonly caFile?: string },
): Promise<void> {
  let report = '';
  const isReady = async () => {
    const answer = await probe(`${url}?verbose`, options.caFile);
    report = answer.report;
    return answer.ok;
  };
  try {
    await until(`the ${name} is not ready`, isReady, options);
  } catch (error) {
    if (options.signal.aborted) throw error;
    throw new CliError(`${(error as Error).message}\n${printable(report)}`.trim(), { cause: error });
  }
}

/** Polls until `condition` holds; a throw counts as not yet. Throws a CliError with what was last the matter. */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  options: { readonly deadlineMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const deadline = Date.now() + options.deadlineMs;
  let reason = '';
  const holds = async () => {
    reason = '';
    return condition();
  };
  const noted = (error: unknown) => {
    reason = error instanceof Error && error.message ? `: ${error.message}` : '';
    return false;
  };
  while (!(await holds().catch(noted))) {
    options.signal.throwIfAborted();
    if (Date.now() > deadline) throw new CliError(`After ${options.deadlineMs / 1000} s ${what}${reason}`);
    await sleep(25, undefined, { signal: options.signal });
  }
}
