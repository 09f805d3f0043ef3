import type { ServerResponse } from 'node:http';
import { type Answer, plainBody } from './openai/answer.js';
import { sendJson } from './openai/errors.js';
import { streamFrames } from './openai/stream.js';
import type { Behaviour, FaultSpec } from './provider/behaviour.js';

/** One request being answered: what faults and the regular answer work on. */
export interface Exchange {
  readonly response: ServerResponse;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly answer: Answer;
  readonly behaviour: Behaviour;
  /** Rate-limit headers of the key. */
  readonly headers: Record<string, string>;
}
export type Fault = (exchange: Exchange, spec: FaultSpec) => void | Promise<void>;

/** Resolves after `ms`, or early and with false when the client has gone. */
export function pause(response: ServerResponse, ms: number): Promise<boolean> {
  if (response.destroyed || response.writableEnded) return Promise.resolve(false);
  if (ms <= 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const gone = () => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      response.off('close', gone);
      resolve(true);
    }, ms);
    response.once('close', gone);
  });
}

/** Never resolves while the client stays: for stalls. */
export function untilClientLeaves(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) resolve();
    else response.once('close', resolve);
  });
}

export function startStream(exchange: Exchange): void {
  exchange.response.writeHead(200, {
    ...exchange.headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  exchange.response.flushHeaders();
}

/** Writes frames at the provider's pace, honouring backpressure. False: the client left. */
export async function writeFrames(exchange: Exchange, frames: readonly (string | Buffer)[]): Promise<boolean> {
  const { response, behaviour } = exchange;
  const gapMs = behaviour.tokensPerSecond > 0 ? 1_000 / behaviour.tokensPerSecond : 0;
  for (const [index, frame] of frames.entries()) {
    if (gapMs > 0 && index > 0 && !(await pause(response, gapMs))) return false;
    if (response.destroyed) return false;
    if (!response.write(frame) && !(await drained(response))) return false;
  }
  return true;
}

function drained(response: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (open: boolean) => {
      response.off('drain', onDrain);
      response.off('close', onClose);
      resolve(open);
    };
    const onDrain = () => settle(true);
    const onClose = () => settle(false);
    response.once('drain', onDrain);
    response.once('close', onClose);
  });
}

export function framesOf(exchange: Exchange): string[] {
  return streamFrames(exchange.answer, exchange.includeUsage);
}

/** The frames before a fault strikes: the role frame and `tokens` content frames. */
export function framesBefore(exchange: Exchange, tokens: number): string[] {
  return framesOf(exchange).slice(0, 1 + tokens);
}

export async function answerRegularly(exchange: Exchange): Promise<void> {
  if (!exchange.stream) {
    sendJson(exchange.response, 200, plainBody(exchange.answer), exchange.headers);
    return;
  }
  startStream(exchange);
  if (await writeFrames(exchange, framesOf(exchange))) exchange.response.end();
}
