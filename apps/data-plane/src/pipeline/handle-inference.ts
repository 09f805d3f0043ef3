import type { IncomingHttpHeaders } from 'node:http';
import type { AuthenticatedConsumer } from '../consumers/authenticated-consumer.js';
import { GatewayError } from '../errors/error-table.js';
import type { Exchange } from '../exchange/exchange.js';
import type { PinnedTable } from '../runs/pinned-table.js';
import { Run } from '../runs/run.js';
import type { Operation } from '../surfaces/operation.js';
import { headerFault, identify, routeRequest, tooManyAtOnce } from './phases.js';
import type { Runtime } from './runtime.js';

/** What is known once a request's head has been looked at. */
export interface Accepted {
  readonly table: PinnedTable;
  readonly consumer: AuthenticatedConsumer;
  readonly operation: Operation;
  readonly headers: IncomingHttpHeaders;
}

/**
 * A request's way, phase by phase: accept -> read -> route -> run. A phase returns what it has found, and the next one
 * takes it; one that refuses the request has answered it and returns undefined. Nothing is awaited: where there is
 * something to wait for, the run does.
 *
 * Before the body is read: who asks, and may they now?
 */
export function acceptInference(
  runtime: Runtime,
  exchange: Exchange,
  operation: Operation,
  headers: IncomingHttpHeaders,
): Accepted | undefined {
  const accepted = acceptLookup(runtime, exchange, operation, headers);
  if (accepted === undefined) return undefined;
  const { limiter, consumer } = accepted.consumer;
  const { maxConcurrency } = consumer;
  if (!limiter.take(maxConcurrency)) return refuse(exchange, tooManyAtOnce(maxConcurrency));
  exchange.hold(limiter);
  const fault = headerFault(headers);
  return fault === undefined ? accepted : refuse(exchange, fault);
}

/** The same for a request that asks about the configuration alone: it takes no permit. */
export function acceptLookup(
  runtime: Runtime,
  exchange: Exchange,
  operation: Operation,
  headers: IncomingHttpHeaders,
): Accepted | undefined {
  const { current: table } = runtime.tables;
  if (table === undefined) {
    return refuse(exchange, new GatewayError('not_ready', 'This data plane has no routing table yet.'));
  }
  exchange.pin(table);
  const consumer = identify(table, headers);
  if (consumer instanceof GatewayError) return refuse(exchange, consumer);
  const { record } = exchange;
  record.namespace = consumer.consumer.namespace;
  record.consumer = consumer.consumer.name;
  record.consumerKey = consumer.keyName;
  record.exposeRouting = consumer.consumer.exposeRouting;
  return { table, consumer, operation, headers };
}

/** Once the body is there. */
export function handleInference(runtime: Runtime, exchange: Exchange, accepted: Accepted, body: Buffer): void {
  if (exchange.isAnswered) return;
  const { table, consumer, headers, operation } = accepted;
  const { record, surface } = exchange;
  record.requestBytes = body.length;
  const request = surface.read(operation, headers, body);
  if (request instanceof GatewayError) {
    exchange.fail(request);
    return;
  }
  record.model = request.model;
  record.stream = request.stream;
  const routed = routeRequest(table, consumer, request.model, headers, record.startedMs);
  if (routed instanceof GatewayError) {
    exchange.fail(routed);
    return;
  }
  const { route, facts } = routed;
  record.route = `${route.entry.namespace}/${route.entry.name}`;
  record.rule = facts.rule?.rule.name ?? '';
  runtime.routing.retryBudgets.of(route.entry).request(record.startedMs);
  const seed = runtime.ids.seed();
  const run = new Run(runtime, { table, consumer, surface, request, route, facts, seed }, record, exchange);
  exchange.follow(run);
  run.start();
}

function refuse(exchange: Exchange, error: GatewayError): undefined {
  exchange.fail(error);
  return undefined;
}
