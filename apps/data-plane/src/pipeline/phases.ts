import type { IncomingHttpHeaders } from 'node:http';
import { matchRule, type PreparedRoute, requestDeadlineMs, type RequestFacts } from '#libs/routing';
import type { AuthenticatedConsumer } from '../consumers/authenticated-consumer.js';
import { GatewayError } from '../errors/error-table.js';
import type { PinnedTable } from '../runs/pinned-table.js';

/**
 * The phases of a request that only ask, as functions of what the phases before them have found. What refuses a request
 * is returned, too. Nothing is taken, counted or answered here, so that `explain` walks the same way.
 */

/** Who asks, in this table. */
export function identify(table: PinnedTable, headers: IncomingHttpHeaders): AuthenticatedConsumer | GatewayError {
  const consumer = table.authenticator.ownerOf(headers);
  if (consumer === 'Missing') return new GatewayError('missing_api_key', 'No API key was sent.');
  if (consumer === 'NotBearer') {
    const message = "The header 'authorization' is not 'Bearer ' and then the API key, separated by a space.";
    return new GatewayError('missing_api_key', message);
  }
  return consumer ?? new GatewayError('invalid_api_key', 'The API key is not known.');
}

/** Of a consumer that is at its limit. */
export function tooManyAtOnce(maxConcurrency: number | undefined): GatewayError {
  const message = `The consumer runs ${maxConcurrency} requests already, which is its limit.`;
  return new GatewayError('consumer_concurrency_exceeded', message);
}

/** What the head alone rules out; undefined: nothing. */
export function headerFault(headers: IncomingHttpHeaders): GatewayError | undefined {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return undefined;
  return new GatewayError('unsupported_media_type', "The request's content-encoding is not supported.");
}

/** A request with its place in the table. */
export interface Routed {
  readonly route: PreparedRoute;
  readonly facts: RequestFacts;
}

/** Which policy answers for the model, and which of its rules. */
export function routeRequest(
  table: PinnedTable,
  consumer: AuthenticatedConsumer,
  model: string,
  headers: IncomingHttpHeaders,
  startedMs: number,
): Routed | GatewayError {
  const route = table.routeFor(consumer, model);
  if (route === undefined) {
    // Whether a model exists is no news for a consumer that may not use it.
    if (!consumer.mayUse(model)) return modelRefused(model);
    return new GatewayError('model_not_found', `The model '${model.slice(0, 200)}' does not exist.`, 'model');
  }
  if (route === 'NotAllowed') return modelRefused(model);
  const rule = matchRule(route, { headers });
  return { route, facts: { rule, startedMs, deadlineMs: requestDeadlineMs(route.entry, startedMs) } };
}

function modelRefused(model: string): GatewayError {
  return new GatewayError('model_not_allowed', `This API key may not use the model '${model.slice(0, 200)}'.`, 'model');
}
