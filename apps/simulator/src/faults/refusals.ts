import { errorBody, sendJson } from '../openai/errors.js';
import type { Fault } from '../exchange.js';

/** 429 with whatever Retry-After was asked for: seconds, a date, milliseconds, nonsense. */
export const rateLimited: Fault = ({ response, headers }, spec) => {
  sendJson(response, 429, errorBody('Rate limit reached for requests.', 'requests', 'rate_limit_exceeded'), {
    ...headers,
    ...(spec.retryAfter === undefined ? {} : { 'retry-after': spec.retryAfter }),
    ...(spec.retryAfterMs === undefined ? {} : { 'retry-after-ms': spec.retryAfterMs }),
  });
};

/** 429 by its status, but no wait helps: the account is out of money. */
export const quotaExhausted: Fault = ({ response, headers }) => {
  const message = 'You exceeded your current quota, please check your plan and billing details.';
  sendJson(response, 429, errorBody(message, 'insufficient_quota', 'insufficient_quota'), headers);
};

export const unauthorized: Fault = ({ response, headers }) => {
  sendJson(
    response,
    401,
    errorBody('Incorrect API key provided.', 'invalid_request_error', 'invalid_api_key'),
    headers,
  );
};

/** Any status with a JSON error. */
export const status: Fault = ({ response, headers }, spec) => {
  const code = spec.status ?? 500;
  sendJson(
    response,
    code,
    errorBody(`Simulated status ${code}.`, code >= 500 ? 'server_error' : 'invalid_request_error'),
    headers,
  );
};

/** What a proxy or an edge network between us and the provider answers. */
export const html: Fault = ({ response }, spec) => {
  const code = spec.status ?? 502;
  response.writeHead(code, { 'content-type': 'text/html' });
  response.end(
    `<html><head><title>${code}</title></head><body><h1>${code}</h1>${'<!-- padding -->'.repeat(8_192)}</body></html>`,
  );
};

export const redirect: Fault = ({ response }, spec) => {
  response.writeHead(spec.status ?? 307, { location: spec.location ?? 'http://169.254.169.254/latest/meta-data/' });
  response.end();
};
