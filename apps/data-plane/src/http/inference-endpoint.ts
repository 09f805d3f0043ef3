import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseTraceParent } from '#libs/telemetry';
import { GatewayError } from '../errors/error-table.js';
import { Exchange } from '../exchange/exchange.js';
import { acceptInference, acceptLookup, handleInference } from '../pipeline/handle-inference.js';
import { handleGetModel, handleListModels } from '../pipeline/handle-models.js';
import { RequestRecord } from '../record/request-record.js';
import type { Runtime } from '../pipeline/runtime.js';
import type { Operation } from '../surfaces/operation.js';
import { operationAt } from '../surfaces/openai/operations.js';
import { readBody } from './body-reader.js';
import { NodeDownstream } from './node-downstream.js';

/**
 * The hot path's entrance: node:http's own objects, before any framework. Returns false for a request that is none of the
 * surfaces', which is then somebody else's.
 */
export function serveInference(runtime: Runtime, request: IncomingMessage, response: ServerResponse): boolean {
  const target = request.url ?? '';
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  const operation = operationAt(path);
  if (operation === undefined) return false;

  const exchange = openExchange(runtime, request, response, path, operation);
  try {
    if (request.method !== operation.method) {
      refuseMethod(exchange, request, operation);
    } else if (operation.name === 'chat') {
      if (acceptInference(exchange)) receiveBody(exchange, request, response);
    } else if (acceptLookup(exchange)) {
      if (operation.name === 'listModels') handleListModels(exchange);
      else handleGetModel(exchange, operation.model);
    }
  } catch (error) {
    endByOurFault(exchange, error);
  }
  return true;
}

/** What one request runs into must not end the process, and with it all the others. */
function endByOurFault(exchange: Exchange, error: unknown): void {
  const { runtime, record } = exchange;
  runtime.logger.error({ err: error, request_id: record.requestId }, 'a request failed by a fault of ours');
  exchange.terminate(new GatewayError('internal_error', 'The data plane failed at this request.'));
}

function openExchange(
  runtime: Runtime,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  operation: Operation,
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
    path: operation.name === 'getModel' ? '/v1/models/{model}' : path,
  });
  record.operation = operation.name;
  const downstream = new NodeDownstream(response);
  const exchange = new Exchange(runtime, record, request.headers, downstream);
  response.on('close', () => exchange.abandoned());
  downstream.onDrain = () => exchange.drained();
  return exchange;
}

function receiveBody(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
  const { maxRequestBytes } = exchange.runtime.limits;
  readBody(request, response, maxRequestBytes, {
    onBody: (body) => {
      try {
        handleInference(exchange, body);
      } catch (error) {
        endByOurFault(exchange, error);
      }
    },
    onTooLarge: () => {
      exchange.fail(new GatewayError('request_too_large', `The request is larger than ${maxRequestBytes} bytes.`));
    },
  });
}

function refuseMethod(exchange: Exchange, request: IncomingMessage, operation: Operation): void {
  const message = `The method ${request.method} is not allowed here, only ${operation.method}.`;
  exchange.fail(new GatewayError('method_not_allowed', message), ['allow', operation.method]);
}

function singleHeader(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
