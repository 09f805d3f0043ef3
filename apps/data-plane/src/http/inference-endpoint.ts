import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseTraceParent } from '#libs/telemetry';
import { GatewayError } from '../errors/error-table.js';
import { Exchange } from '../exchange/exchange.js';
import { type Accepted, acceptInference, acceptLookup, handleInference } from '../pipeline/handle-inference.js';
import { handleGetModel, handleListModels } from '../pipeline/handle-models.js';
import type { Runtime } from '../pipeline/runtime.js';
import { RequestRecord } from '../record/request-record.js';
import type { Operation } from '../surfaces/operation.js';
import { type ServedOperation, servedAt } from '../surfaces/served-at.js';
import { readBody } from './body-reader.js';
import { allowedMethods, takesMethod } from './methods.js';
import { NodeDownstream } from './node-downstream.js';

/** Node's two halves of a request. */
interface Arrival {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * The hot path's entrance: node:http's own objects, before any framework. Returns false for a request that is none of the
 * surfaces', which is then somebody else's.
 */
export function serveInference(runtime: Runtime, request: IncomingMessage, response: ServerResponse): boolean {
  const target = request.url ?? '';
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  const served = servedAt(runtime.surfaces, request.method ?? '', path, request.headers);
  if (served === undefined) return false;

  const exchange = openExchange(runtime, request, response, served);
  try {
    serve(runtime, exchange, served.operation, { request, response });
  } catch (error) {
    exchange.fault(error);
  }
  return true;
}

function serve(runtime: Runtime, exchange: Exchange, operation: Operation, { request, response }: Arrival): void {
  const { headers, method } = request;
  if (!takesMethod(operation, method)) {
    const message = `The method ${method} is not allowed here, only ${operation.method}.`;
    exchange.fail(new GatewayError('method_not_allowed', message), ['allow', allowedMethods(operation)]);
    return;
  }
  if (operation.kind === 'Inference') {
    const accepted = acceptInference(runtime, exchange, operation, headers);
    if (accepted !== undefined) receiveBody(runtime, exchange, accepted, { request, response });
    return;
  }
  const accepted = acceptLookup(runtime, exchange, operation, headers);
  if (accepted === undefined) return;
  if (operation.kind === 'ListModels') handleListModels(exchange, accepted);
  else handleGetModel(exchange, accepted, operation.model);
}

function openExchange(
  runtime: Runtime,
  request: IncomingMessage,
  response: ServerResponse,
  { surface, operation }: ServedOperation,
): Exchange {
  const { clock, ids } = runtime;
  const parent = parseTraceParent(singleHeader(request.headers['traceparent']));
  const fresh = ids.forRequest();
  const startedMs = clock.nowMs();
  const record = new RequestRecord({
    requestId: `req_${fresh.slice(48)}`,
    traceId: parent?.traceId ?? fresh.slice(0, 32),
    spanId: fresh.slice(32, 48),
    parentSpanId: parent?.spanId ?? '',
    parentSampled: parent?.sampled ?? false,
    startedMs,
    epochOffsetMs: clock.epochMs() - startedMs,
    method: request.method ?? '',
    path: operation.template,
  });
  record.operation = operation.name;
  const downstream = new NodeDownstream(response);
  const exchange = new Exchange(runtime, surface, record, downstream);
  downstream.report(exchange);
  return exchange;
}

function receiveBody(runtime: Runtime, exchange: Exchange, accepted: Accepted, { request, response }: Arrival): void {
  const { maxRequestBytes } = runtime.limits;
  readBody(request, response, maxRequestBytes, {
    onBody: (body) => {
      try {
        handleInference(runtime, exchange, accepted, body);
      } catch (error) {
        exchange.fault(error);
      }
    },
    onTooLarge: () => {
      try {
        exchange.fail(new GatewayError('request_too_large', `The request is larger than ${maxRequestBytes} bytes.`));
      } catch (error) {
        exchange.fault(error);
      }
    },
  });
}

function singleHeader(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
