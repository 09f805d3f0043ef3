import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { CliError } from '../cli-error.js';

const attemptTimeoutMs = 2_000;

/** Whether a probe answers 200. Throws where nobody listens. `caFile` may not exist yet: then it isn't up. */
export async function probe(url: string, caFile?: string): Promise<boolean> {
  if (caFile !== undefined && !existsSync(caFile)) return false;
  const ca = caFile === undefined ? undefined : readFileSync(caFile);
  const agent = new Agent({ connect: { ca } });
  try {
    const { statusCode, body } = await request(url, {
      dispatcher: agent,
      headersTimeout: attemptTimeoutMs,
      bodyTimeout: attemptTimeoutMs,
    });
    await body.dump();
    return statusCode === 200;
  } finally {
    await agent.destroy();
  }
}

/** Polls until `condition` holds; a throw counts as not yet. Throws a CliError that says what was awaited. */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  options: { readonly deadlineMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const deadline = Date.now() + options.deadlineMs;
  while (!(await condition().catch(() => false))) {
    options.signal.throwIfAborted();
    if (Date.now() > deadline) throw new CliError(`Waited ${options.deadlineMs / 1000} s in vain: ${what}.`);
    await sleep(25, undefined, { signal: options.signal });
  }
}
