import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fastify, type FastifyInstance } from 'fastify';
import { errorTable, GatewayError } from '../errors/error-table.js';
import type { Runtime } from '../pipeline/runtime.js';
import { errorText } from '../surfaces/openai/error-text.js';
import { answerClientError } from './client-error.js';
import { serveInference } from './inference-endpoint.js';

/** Time for a request's head, and for all of it. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 120_000;
/** How often both are checked; also how late a slow request is noticed. */
const CHECK_INTERVAL_MS = 1_000;
/** Longer than the idle time of the usual load balancers, so that they close first and no request meets a closing socket. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
/** How long a draining listener still takes connections. */
const LINGER_MS = 500;
/** How often a draining listener closes the connections that have become idle. */
const REAP_INTERVAL_MS = 50;

export interface DataServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Answers the probes on this port; `target` is the path with its query. undefined: not a probe's. */
  readonly probe: (target: string) => { readonly status: number; readonly body: string } | undefined;
  readonly headersTimeoutMs?: number;
}

/** The clients' listener. */
export class DataServer {
  readonly address: AddressInfo;
  private readonly server: Server;
  private readonly app: FastifyInstance;
  private readonly runtime: Runtime;
  private readonly draining: { active: boolean };

  constructor(server: Server, app: FastifyInstance, runtime: Runtime, draining: { active: boolean }) {
    this.server = server;
    this.app = app;
    this.runtime = runtime;
    this.draining = draining;
    this.address = server.address() as AddressInfo;
  }

  /**
   * Goes down without losing a request. First every answer closes its connection while new ones are still taken, so that
   * clients leave by themselves instead of meeting a closing socket; then the listener closes, and running requests have
   * until the deadline. Streams still open then get their dialect's error event, others an error.
   */
  async drain(deadlineMs: number, lingerMs = LINGER_MS): Promise<void> {
    const { runtime, server } = this;
    this.draining.active = true;
    await new Promise<void>((resolve) => {
      runtime.clock.after(Math.min(lingerMs, deadlineMs), resolve);
    });
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    const cancelDeadline = runtime.clock.after(deadlineMs, () => {
      const error = new GatewayError('shutting_down', 'This data plane is shutting down.');
      // A copy: ending one may wake, and so end, another.
      for (const exchange of Array.from(runtime.running)) exchange.terminate(error);
    });
    const stopReaping = this.reapIdleConnections();
    await closed;
    stopReaping();
    cancelDeadline();
    await this.app.close();
  }

  /** An answer that began before the drain leaves its connection open, and a closed listener waits for all of them. */
  private reapIdleConnections(): () => void {
    const { runtime, server } = this;
    let cancel = runtime.clock.after(REAP_INTERVAL_MS, reap);
    function reap(): void {
      server.closeIdleConnections();
      cancel = runtime.clock.after(REAP_INTERVAL_MS, reap);
    }
    return () => cancel();
  }
}

/** Opens the listener; rejects if the address is taken. */
export async function startDataServer(runtime: Runtime, options: DataServerOptions): Promise<DataServer> {
  const draining = { active: false };
  let server: Server | undefined;
  const app = fastify({
    clientErrorHandler: answerClientError,
    serverFactory: (handler) => {
      server = createServer(
        {
          headersTimeout: options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS,
          requestTimeout: REQUEST_TIMEOUT_MS,
          connectionsCheckingInterval: CHECK_INTERVAL_MS,
          keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
        },
        (request, response) => {
          if (draining.active) response.shouldKeepAlive = false;
          // In front of Fastify, which serves every other path.
          if (!serveInference(runtime, request, response)) handler(request, response);
        },
      );
      return server;
    },
  });
  app.setNotFoundHandler((request, reply) => {
    const probe = options.probe(request.url);
    if (probe !== undefined && (request.method === 'GET' || request.method === 'HEAD')) {
      return reply.code(probe.status).type('text/plain; charset=utf-8').send(probe.body);
    }
    const error = new GatewayError('unknown_path', `There is nothing at ${request.method} ${pathOf(request.url)}.`);
    return reply
      .code(errorTable[error.code].status)
      .header('x-request-id', `req_${runtime.ids.forRequest().slice(48)}`)
      .type('application/json')
      .send(Buffer.from(errorText(error), 'latin1'));
  });
  await app.listen({ host: options.host, port: options.port });
  if (server === undefined) throw new Error('Fastify made no server');
  return new DataServer(server, app, runtime, draining);
}

function pathOf(url: string): string {
  return url.slice(0, 200).replace(/\?.*$/s, '');
}
