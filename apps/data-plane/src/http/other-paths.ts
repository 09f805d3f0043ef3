import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorTable, GatewayError } from '../errors/error-table.js';
import { type Surfaces, servedAt } from '../surfaces/served-at.js';
import { allowedMethods } from './methods.js';

/** Answers a probe; `target` is the path with its query. undefined: not a probe's. */
export type Probe = (target: string) => { readonly status: number; readonly body: string } | undefined;

/** Of a path, in a message. */
const SHOWN_LENGTH = 200;

export interface OtherPathsOptions {
  readonly probe: Probe;
  readonly requestId: () => string;
  readonly surfaces: Surfaces;
}

/** What is no surface's to answer: probes, `OPTIONS`, and every path where there is nothing. */
export function serveOtherPath(request: IncomingMessage, response: ServerResponse, options: OtherPathsOptions): void {
  const { method = '', url: target = '' } = request;
  const path = target.replace(/[?#].*$/s, '');
  const probe = method === 'GET' || method === 'HEAD' ? options.probe(target) : undefined;
  if (probe !== undefined) {
    response.writeHead(probe.status, [
      'content-type',
      'text/plain; charset=utf-8',
      'content-length',
      String(Buffer.byteLength(probe.body)),
    ]);
    response.end(probe.body);
    return;
  }
  const allowed = method === 'OPTIONS' ? allowedAt(request, path, options.surfaces) : undefined;
  if (allowed !== undefined) {
    response.writeHead(204, ['allow', allowed]);
    response.end();
  } else refuse(response, nothingAt(request, path, options.surfaces), options);
}

function allowedAt({ headers }: IncomingMessage, path: string, surfaces: Surfaces): string | undefined {
  if (path === '*') return 'GET, HEAD, POST, OPTIONS';
  const served = servedAt(surfaces, 'OPTIONS', path, headers);
  return served && allowedMethods(served.operation);
}

/** An error for a request that no surface has taken. */
export function refuse(
  response: ServerResponse,
  error: GatewayError,
  { requestId, surfaces }: OtherPathsOptions,
): void {
  const [surface] = surfaces;
  const body = surface.errorBody(error);
  response.writeHead(errorTable[error.code].status, [
    'content-type',
    surface.bodyType,
    'content-length',
    String(body.length),
    'x-request-id',
    requestId(),
  ]);
  response.end(body, 'latin1');
}

function nothingAt(request: IncomingMessage, path: string, surfaces: Surfaces): GatewayError {
  const shown = path.slice(0, SHOWN_LENGTH);
  if (!isDecodable(path)) {
    return new GatewayError(
      'invalid_request',
      `The path ${shown} holds a % that no UTF-8 bytes in hexadecimal follow.`,
    );
  }
  const found = `There is nothing at ${request.method} ${shown}.`;
  const meant = servedLike(request, path, surfaces);
  if (meant !== undefined) {
    return new GatewayError('unknown_path', `${found} Did you mean ${meant}? A client's base URL ends in /v1.`);
  }
  const served = surfaces
    .flatMap((surface) => surface.served.map((known) => `${known.method} ${known.path}`))
    .join(', ');
  return new GatewayError('unknown_path', `${found} Served are ${served}.`);
}

/** What is served under a part of the path's end: a base URL was given without `/v1`, or with something in front of it. */
function servedLike({ method = '', headers }: IncomingMessage, path: string, surfaces: Surfaces): string | undefined {
  if (path.length > SHOWN_LENGTH) return undefined;
  const segments = path.split('/').filter((segment) => segment !== '');
  for (let from = 0; from < segments.length; from += 1) {
    const end = `/${segments.slice(from).join('/')}`;
    for (const candidate of [end, `/v1${end}`])
      if (servedAt(surfaces, method, candidate, headers) !== undefined) return candidate;
  }
  return undefined;
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
