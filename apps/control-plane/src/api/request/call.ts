import { parseTraceParent } from '#libs/telemetry';
import type { Identity } from '../../auth/identity.js';
import type { Origin } from '../../store/object-store.js';

/** One authenticated request, free of the HTTP server: what every handler gets. */
export interface Call {
  readonly identity: Identity;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As received; empty without a body. */
  readonly body: Buffer;
  readonly sourceAddress: string;
  readonly userAgent: string;
  /** W3C traceparent of the span around the handler. */
  readonly traceParent: string;
}

/** What a handler answers; the server writes it in the form that the client accepts. */
export interface Answer {
  readonly code: number;
  readonly body: unknown;
  /** A body that is made while it is sent, instead of `body`; it comes with its content type. */
  readonly pieces?: Iterable<Buffer>;
  /** `Content-Type` of a body that is a string or bytes already; absent: an object, written as JSON or YAML. */
  readonly contentType?: string;
  /** Each becomes a `Warning: 299` header. */
  readonly warnings?: readonly string[];
}

export const answer = (code: number, body: unknown, warnings: readonly string[] = []): Answer => ({
  code,
  body,
  warnings,
});

/** Who did it, from where, in which trace. `traceParent`: of the span that does the write. */
export function originOf(call: Call, traceParent: string = call.traceParent): Origin {
  return {
    user: call.identity.user,
    groups: call.identity.groups,
    sourceAddress: call.sourceAddress,
    userAgent: call.userAgent,
    traceId: parseTraceParent(traceParent)?.traceId ?? '',
    traceParent,
  };
}
