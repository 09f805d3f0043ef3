import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { GatewayError } from '../errors/error-table.js';
import type { Runtime } from '../pipeline/runtime.js';
import { ClientConnection } from './client-connection.js';
import { answerClientError, answerConnect } from './client-error.js';
import { Emptying } from './emptying.js';
import { serveInference } from './inference-endpoint.js';
import { listen } from './listen.js';
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
/** After the deadline: for last words to be taken. */
const FLUSH_MS = 2_000;

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

  constructor(server: Server, address: AddressInfo, runtime: Runtime, draining: { active: boolean }) {
    this.server = server;
    this.address = address;
    this.runtime = runtime;
    this.draining = draining;
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  /**
   * Goes down without losing a request. First every answer closes its connection while new ones are still taken, so that
   * clients leave by themselves instead of meeting a closing socket; then the listener closes, and running requests have
   * until the deadline, counted from now. Streams still open then get their dialect's error event, others an error, and
   * have two seconds to be taken: so it is over by then, whatever clients do.
   */
  async drain(deadlineMs: number, lingerMs = LINGER_MS): Promise<void> {
    const { server, sockets } = this;
    const { clock } = this.runtime;
    this.draining.active = true;
    for (const socket of sockets) ClientConnection.of(socket).goAway();
    const openMs = Math.min(lingerMs, deadlineMs);
    await new Promise<void>((resolve) => {
      clock.after(openMs, resolve);
    });
    const leftMs = deadlineMs - openMs;
    const closed = new Promise<void>((resolve) => {
      // node:http's own would cut the answers that are written but not taken, and look for slow requests no more.
      NetServer.prototype.close.call(server, () => resolve());
    });
    const emptying = new Emptying(sockets, clock, leftMs);
    let cancel = clock.after(leftMs, () => {
      this.failRunning();
      cancel = clock.after(FLUSH_MS, () => this.cutOff());
    });
    await closed;
    emptying.stop();
    cancel();
    // Ends its looking for slow requests.
    server.close();
  }

  private failRunning(): void {
    const error = new GatewayError('shutting_down', 'This data plane is shutting down.');
    // A copy: ending one may wake, and so end, another.
    for (const exchange of Array.from(this.runtime.running)) {
      try {
        exchange.fail(error);
      } catch (fault) {
        exchange.fault(fault);
      }
    }
  }

  private cutOff(): void {
    this.runtime.logger.warn(
      { connections: this.sockets.size },
      'clients that did not take their answers were cut off',
    );
    for (const socket of this.sockets) socket.destroy();
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
    // Node's own refusal has no body.
    requireHostHeader: false,
  });
  function serve(request: IncomingMessage, response: ServerResponse): void {
    if (draining.active) response.shouldKeepAlive = false;
    if (request.headers.host === undefined && request.httpVersion === '1.1') {
      refuse(response, new GatewayError('invalid_request', "HTTP/1.1 asks for the header 'host'."), otherPaths);
      return;
    }
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
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    answerConnect(socket, surfaces[0], runtime.clock);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    answerClientError(error, socket, surfaces[0], runtime.clock);
  });
  const { host, port } = options;
  const address = await listen(server, { host, port, logger: runtime.logger });
  return new DataServer(server, address, runtime, draining);
}
