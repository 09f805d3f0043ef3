import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { GatewayError } from '../errors/error-table.js';
import type { Runtime } from '../pipeline/runtime.js';
import { answerClientError } from './client-error.js';
import { serveInference } from './inference-endpoint.js';
import { type Probe, refuse, serveOtherPath } from './other-paths.js';

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
  /** Answers the probes on this port. */
  readonly probe: Probe;
  readonly headersTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
}

/** The clients' listener. */
export class DataServer {
  readonly address: AddressInfo;
  private readonly server: Server;
  private readonly runtime: Runtime;
  private readonly draining: { active: boolean };
  private readonly sockets = new Set<Socket>();

  constructor(server: Server, runtime: Runtime, draining: { active: boolean }) {
    this.server = server;
    this.runtime = runtime;
    this.draining = draining;
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
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
      for (const exchange of Array.from(runtime.running)) {
        try {
          exchange.fail(error);
        } catch (fault) {
          exchange.fault(fault);
        }
      }
    });
    const stopReaping = this.reapIdleConnections();
    await closed;
    stopReaping();
    cancelDeadline();
  }

  /** An answer that began before the drain leaves its connection open, and a closed listener waits for all of them. */
  private reapIdleConnections(): () => void {
    const { runtime, server, sockets } = this;
    let cancel = runtime.clock.after(REAP_INTERVAL_MS, reap);
    function reap(): void {
      server.closeIdleConnections();
      // To node, one that has never said anything is about to. Clients open some in advance.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
      cancel = runtime.clock.after(REAP_INTERVAL_MS, reap);
    }
    return () => cancel();
  }
}

/**
 * Opens the listener; rejects if the address is taken. node:http's own server: what a framework would add in front of the
 * surfaces is an answer in the framework's words wherever it refuses a request itself.
 */
export async function startDataServer(runtime: Runtime, options: DataServerOptions): Promise<DataServer> {
  const draining = { active: false };
  const { surfaces } = runtime;
  const otherPaths = { probe: options.probe, surfaces, requestId: () => `req_${runtime.ids.forRequest().slice(48)}` };
  const server = createServer({
    headersTimeout: options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS,
    requestTimeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  });
  function serve(request: IncomingMessage, response: ServerResponse): void {
    if (draining.active) response.shouldKeepAlive = false;
    const isTaken = request.method !== 'OPTIONS' && serveInference(runtime, request, response);
    if (!isTaken) serveOtherPath(request, response, otherPaths);
  }
  server.on('request', serve);
  // Without this, node says 100 by itself, before anybody has looked at the head. The body's reader says it.
  server.on('checkContinue', serve);
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const message = "Of the header 'expect' only '100-continue' is understood.";
    refuse(response, new GatewayError('expectation_failed', message), otherPaths);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    answerClientError(error, socket, runtime.surfaces[0], runtime.clock);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return new DataServer(server, runtime, draining);
}
