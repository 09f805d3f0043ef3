import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseJson, readBody } from './body.js';
import { answerRegularly, type Exchange, pause } from './exchange.js';
import { faults } from './faults/registry.js';
import type { Admission, KeyLimiter } from './provider/key-limiter.js';
import { type Call, fingerprint, type SimulatedProvider } from './provider/simulated-provider.js';
import { answerTo } from './openai/answer.js';
import { chatRequestSchema } from './openai/chat-request.js';
import { errorBody, sendJson } from './openai/errors.js';
import { toolFault } from './openai/tools.js';

/** `POST /{provider}/v1/chat/completions`: key, model, limits, then the first fault that applies, or an answer. */
export async function chatCompletions(
  provider: SimulatedProvider,
  request: IncomingMessage,
  response: ServerResponse,
  nowMs: () => number,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) return sendJson(response, 413, errorBody('Request too large.', 'invalid_request_error'));
  const parsed = chatRequestSchema.safeParse(parseJson(body));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const message = issue ? `${issue.path.join('.') || 'body'}: ${issue.message}` : 'Invalid body.';
    return sendJson(response, 400, errorBody(message, 'invalid_request_error'));
  }
  const chat = parsed.data;
  const refused = toolFault(chat);
  if (refused !== undefined) {
    return sendJson(response, 400, errorBody(refused.message, 'invalid_request_error', null, refused.param));
  }
  const { behaviour } = provider;
  const key = bearerOf(request);
  const fault = provider.faultFor(chat.model, key);
  const call: Call = {
    at: new Date(nowMs()).toISOString(),
    model: chat.model,
    stream: chat.stream === true,
    keyFingerprint: fingerprint(key),
    fault: fault?.type,
    status: 0,
    aborted: false,
  };
  provider.record(call);
  const limiter = provider.limiterOf(key);
  response.once('close', () => {
    call.status = response.headersSent ? response.statusCode : 0;
    call.aborted = !response.writableEnded;
  });

  if (!limiter) {
    return sendJson(
      response,
      401,
      errorBody('Incorrect API key provided.', 'invalid_request_error', 'invalid_api_key'),
    );
  }
  if (!behaviour.models.includes(chat.model)) {
    const message = `The model \`${chat.model}\` does not exist or you do not have access to it.`;
    return sendJson(response, 404, errorBody(message, 'invalid_request_error', 'model_not_found', 'model'));
  }
  const answer = answerTo(provider.name, chat, nowMs(), behaviour.answerTokens);
  const admission = limiter.admit(nowMs(), answer.usage.total_tokens);
  const headers = rateLimitHeaders(limiter, admission);
  if (!admission.admitted) {
    return sendJson(
      response,
      429,
      errorBody(`Rate limit reached: ${admission.refusedBy}.`, 'requests', 'rate_limit_exceeded'),
      {
        ...headers,
        'retry-after': String(Math.max(1, Math.ceil(admission.resetMs / 1_000))),
        'retry-after-ms': String(Math.max(1, Math.ceil(admission.resetMs))),
      },
    );
  }
  response.once('close', () => limiter.release());
  const exchange: Exchange = {
    response,
    stream: chat.stream === true,
    includeUsage: chat.stream_options?.include_usage === true,
    answer,
    behaviour,
    headers,
  };
  if (behaviour.latencyMs > 0 && !(await pause(response, behaviour.latencyMs))) return;
  await (fault ? faults[fault.type](exchange, fault) : answerRegularly(exchange));
}

function bearerOf(request: IncomingMessage): string {
  const match = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '');
  return match?.[1] ?? '';
}

/** The header names and forms OpenAI documents: counts, and resets as Go durations. */
function rateLimitHeaders({ limits }: KeyLimiter, admission: Admission): Record<string, string> {
  const headers: Record<string, string> = {};
  const reset = `${(admission.resetMs / 1_000).toFixed(3)}s`;
  if (limits.requestsPerMinute !== undefined) {
    headers['x-ratelimit-limit-requests'] = String(limits.requestsPerMinute);
    headers['x-ratelimit-remaining-requests'] = String(admission.remainingRequests);
    headers['x-ratelimit-reset-requests'] = reset;
  }
  if (limits.tokensPerMinute !== undefined) {
    headers['x-ratelimit-limit-tokens'] = String(limits.tokensPerMinute);
    headers['x-ratelimit-remaining-tokens'] = String(admission.remainingTokens);
    headers['x-ratelimit-reset-tokens'] = reset;
  }
  return headers;
}
