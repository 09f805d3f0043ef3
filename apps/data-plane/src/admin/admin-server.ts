import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '#libs/telemetry';
import { listen } from '../http/listen.js';
import { type AdminAnswer, AdminError, type AdminRoute, TEXT } from './admin-route.js';

/** Of a body: a large prompt, and not what would fill the memory. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/**
 * The operators' listener, apart from the clients' port so that neither is exposed with the other and an overload of the one
 * leaves the other. It only reads: what changes something goes through the control plane, which knows who asks and
 * writes it down.
 */
export class AdminServer {
  private readonly server: Server;
  private readonly methods = new Map<string, AdminRoute[]>();

  constructor(
    routes: readonly AdminRoute[],
    private readonly logger: Pick<Logger, 'error'>,
  ) {
    for (const route of routes) this.methods.set(route.path, [...(this.methods.get(route.path) ?? []), route]);
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  /** Rejects if the address is taken. */
  listen(host: string, port: number): Promise<AddressInfo> {
    return listen(this.server, { host, port, logger: this.logger });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      send(response, await this.answer(request, response));
    } catch (error) {
      // Who is gone hears nothing.
      if (response.destroyed) return;
      send(response, this.refusal(error));
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<AdminAnswer> {
    const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
    const routes = this.methods.get(path);
    if (!routes) throw new AdminError(404, `not found: try ${[...this.methods.keys()].join(', ')}`);
    // Node leaves the body out of an answer to HEAD.
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const route = routes.find((candidate) => candidate.method === method);
    if (!route) {
      const allowed = routes.map((candidate) => (candidate.method === 'GET' ? 'GET, HEAD' : candidate.method));
      response.setHeader('allow', allowed.join(', '));
      throw new AdminError(405, `only ${allowed.join(' and ')}`);
    }
    const body = method === 'GET' ? Buffer.alloc(0) : await bodyOf(request);
    return route.handle({ query: new URLSearchParams(query), body });
  }

  private refusal(error: unknown): AdminAnswer {
    if (error instanceof AdminError) return { status: error.status, contentType: TEXT, body: `${error.message}\n` };
    this.logger.error({ err: error }, 'the admin listener failed to answer');
    return { status: 500, contentType: TEXT, body: 'failed by a defect; the log has the cause\n' };
  }
}

/** Throws a 413 or 415. A browser sends no JSON to another origin unasked. Who may connect at all is for the listener's address to say. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json')
    throw new AdminError(415, 'the body must be JSON: send content-type: application/json');
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > MAX_BODY_BYTES) throw new AdminError(413, `the body has more than ${MAX_BODY_BYTES} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function send(response: ServerResponse, { status, contentType, body }: AdminAnswer): void {
  // The rest of a body that is too long is not read.
  if (status === 413 || status === 415) response.setHeader('connection', 'close');
  response
    .writeHead(status, {
      'content-type': contentType,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
    })
    .end(body);
}
