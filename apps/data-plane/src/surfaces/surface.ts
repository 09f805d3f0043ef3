import type { IncomingHttpHeaders } from 'node:http';
import type { AnswerWriter, ClientRequest } from '#libs/dialects';
import type { GatewayError } from '../errors/error-table.js';
import type { Operation } from './operation.js';

export interface ServedPath {
  readonly method: Operation['method'];
  /** As an operation's template is written. */
  readonly path: string;
  readonly summary: string;
}

/** One client dialect: what a client says, and what it hears. Texts are bytes seen as Latin-1. */
export interface Surface {
  readonly dialect: string;
  /** Its paths, for people: the page of paths and the answer at a path where there is nothing are written from it. */
  readonly served: readonly ServedPath[];
  /**
   * What is asked for at a path, without its query; undefined: nothing that this surface knows. `headers` for paths that
   * dialects share. The operation says which method it takes: that the request's is the same is the caller's to check.
   */
  operationAt(method: string, path: string, headers: IncomingHttpHeaders): Operation | undefined;
  /** Of an operation with a body. */
  read(operation: Operation, headers: IncomingHttpHeaders, body: Buffer): ClientRequest | GatewayError;
  /** For an answer that comes in parts. */
  writer(request: ClientRequest): AnswerWriter;
  /** The type of every stream of this dialect: its head may go out before there is an answer. */
  readonly streamType: string;
  /** What keeps the client of a silent stream waiting, and means nothing. */
  readonly keepAlive: string;
  /** The type of errors and of what is said of models. */
  readonly bodyType: string;
  /** The body of an error answer. */
  errorBody(error: GatewayError): string;
  /** What ends a stream that can't go on. */
  errorEvent(error: GatewayError): string;
  modelList(models: readonly string[]): string;
  model(model: string): string;
}
