import type { FastifyRequest } from 'fastify';
import { unsupportedMediaType } from '#libs/apimachinery';
import type { Identity } from '../../auth/identity.js';
import type { Call } from '../request/call.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the authentication hook, before the body is read. */
    identity: Identity;
  }
}

/** A Fastify request as handlers see it. Throws a 415 for a compressed body. */
export function callOf(request: FastifyRequest, traceParent: string): Call {
  const { url, headers } = request;
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw unsupportedMediaType('the body must not be compressed: leave Content-Encoding out');
  }
  return {
    identity: request.identity,
    method: request.method,
    path: pathOf(url),
    query: new URLSearchParams(url.slice(pathOf(url).length + 1)),
    headers,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    sourceAddress: request.socket.remoteAddress ?? '',
    userAgent: (headers['user-agent'] ?? '').slice(0, 256),
    traceParent,
  };
}

export function pathOf(url: string): string {
  const mark = url.indexOf('?');
  return mark < 0 ? url : url.slice(0, mark);
}
