import type { IncomingHttpHeaders } from 'node:http';
import type { AnswerWriter, ClientRequest } from '#libs/dialects';
import { RequestFault } from '#libs/dialects';
import { ChatRequest, openAI, StreamWriter, streamType, WholeWriter } from '#libs/dialects/openai';
import { GatewayError } from '../../errors/error-table.js';
import { faultError } from '../fault-error.js';
import { forwardedHeaders } from '../forwarded-headers.js';
import type { Operation } from '../operation.js';
import type { Surface } from '../surface.js';
import { errorEventText, errorText } from './error-text.js';
import { modelListText, modelText } from './model-list.js';
import { operationAt, servedPaths } from './operations.js';

/** What OpenAI's own API takes of a client's headers. */
const forwardedNames: readonly string[] = ['openai-beta', 'idempotency-key', 'x-client-request-id'];

/** OpenAI's chat completions, and the models that can be asked for. */
export const openAISurface: Surface = {
  dialect: openAI,
  served: servedPaths,
  streamType,
  bodyType: 'application/json',
  keepAlive: ': keep-alive\n\n',
  operationAt: (_method, path) => operationAt(path),
  read,
  writer,
  errorBody: errorText,
  errorEvent: errorEventText,
  modelList: modelListText,
  model: modelText,
};

function read(_operation: Operation, headers: IncomingHttpHeaders, body: Buffer): ClientRequest | GatewayError {
  const forwarded = forwardedHeaders(headers, forwardedNames);
  if (forwarded instanceof GatewayError) return forwarded;
  const request = ChatRequest.read(body, forwarded);
  return request instanceof RequestFault ? faultError(request) : request;
}

function writer(request: ClientRequest): AnswerWriter {
  if (!request.stream) return new WholeWriter(request.model);
  return new StreamWriter(request.model, request instanceof ChatRequest && request.includeUsage);
}
