import { RequestFault } from '#libs/dialects';
import { scanRequest } from '#libs/dialects/openai';
import { matchRule, requestDeadlineMs } from '#libs/routing';
import { forwardedHeaders } from '../http/forwarded-headers.js';
import { ChatRequest } from '../surfaces/openai/chat-request.js';
import { type ErrorCode, errorTable, GatewayError } from '../errors/error-table.js';
import type { Exchange } from '../exchange/exchange.js';
import { runAttempts } from '../runs/run-attempts.js';

/**
 * A request's way, phase by phase. A phase leaves on the exchange what the next ones need; one that refuses the request
 * has answered it. Nothing is awaited: where there is something to wait for, `runAttempts` does.
 *
 * Before the body is read: who asks, and may they now?
 */
export function acceptInference(exchange: Exchange): boolean {
  return pinTable(exchange) && identifyConsumer(exchange) && admitConsumer(exchange) && checkHeaders(exchange);
}

/** The same for a request that asks about the configuration alone: it takes no permit. */
export function acceptLookup(exchange: Exchange): boolean {
  return pinTable(exchange) && identifyConsumer(exchange);
}

/** Once the body is there. */
export function handleInference(exchange: Exchange, body: Buffer): void {
  if (exchange.isFinished) return;
  if (readRequest(exchange, body) && findRoute(exchange) && matchRoute(exchange)) runAttempts(exchange);
}

function pinTable(exchange: Exchange): boolean {
  const { current } = exchange.runtime.tables;
  if (current === undefined) return refuse(exchange, 'not_ready', 'This data plane has no routing table yet.');
  exchange.pin(current);
  return true;
}

function identifyConsumer(exchange: Exchange): boolean {
  const owner = exchange.table?.authenticator.ownerOf(exchange.headers);
  if (owner === 'Missing') return refuse(exchange, 'missing_api_key', 'No API key was sent.');
  if (owner === undefined) return refuse(exchange, 'invalid_api_key', 'The API key is not known.');
  const { record } = exchange;
  const { consumer, keyName } = owner;
  exchange.owner = owner;
  record.namespace = consumer.namespace;
  record.consumer = consumer.name;
  record.consumerKey = keyName;
  record.exposeRouting = consumer.exposeRouting;
  return true;
}

function admitConsumer(exchange: Exchange): boolean {
  const { owner } = exchange;
  if (owner === undefined || exchange.admit(owner)) return true;
  return refuse(
    exchange,
    'consumer_concurrency_exceeded',
    `The consumer runs ${owner.consumer.maxConcurrency} requests already, which is its limit.`,
  );
}

function checkHeaders(exchange: Exchange): boolean {
  const encoding = exchange.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    return refuse(exchange, 'unsupported_media_type', "The request's content-encoding is not supported.");
  }
  const forwarded = forwardedHeaders(exchange.headers);
  if ('refused' in forwarded) {
    return refuse(
      exchange,
      'invalid_header',
      `The header '${forwarded.refused}' holds a character that is not allowed.`,
    );
  }
  exchange.forwarded = forwarded;
  return true;
}

function readRequest(exchange: Exchange, body: Buffer): boolean {
  const { record } = exchange;
  record.requestBytes = body.length;
  const scan = scanRequest(body);
  if (scan instanceof RequestFault) {
    const { code, message, param } = scan;
    exchange.fail(new GatewayError(isErrorCode(code) ? code : 'invalid_request', message, param));
    return false;
  }
  exchange.chat = new ChatRequest(body, scan);
  record.model = scan.model;
  record.stream = scan.stream;
  return true;
}

function findRoute(exchange: Exchange): boolean {
  const { owner, table, record } = exchange;
  const { model } = record;
  if (owner === undefined || table === undefined) throw new Error('routing before the consumer is known');
  const route = table.routeFor(owner, model);
  if (route === undefined) {
    // Whether a model exists is no news for a consumer that may not use it.
    if (!owner.mayUse(model)) return refuseModel(exchange);
    return refuse(exchange, 'model_not_found', `The model '${model.slice(0, 200)}' does not exist.`, 'model');
  }
  if (route === 'NotAllowed') return refuseModel(exchange);
  exchange.route = route;
  record.route = `${route.entry.namespace}/${route.entry.name}`;
  return true;
}

function refuseModel(exchange: Exchange): boolean {
  const model = exchange.record.model.slice(0, 200);
  return refuse(exchange, 'model_not_allowed', `This API key may not use the model '${model}'.`, 'model');
}

function matchRoute(exchange: Exchange): boolean {
  const { route, record, runtime } = exchange;
  if (route === undefined) throw new Error('a rule before its route');
  const rule = matchRule(route, exchange);
  record.rule = rule?.rule.name ?? '';
  exchange.facts = { rule, startedMs: record.startedMs, deadlineMs: requestDeadlineMs(route.entry, record.startedMs) };
  runtime.routing.retryBudgets.of(route.entry).request(record.startedMs);
  if (record.stream) exchange.holdStream();
  return true;
}

function refuse(exchange: Exchange, code: ErrorCode, message: string, param: string | null = null): false {
  exchange.fail(new GatewayError(code, message, param));
  return false;
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}
