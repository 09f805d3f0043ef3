import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EXPOSITION_CONTENT_TYPE, type MetricsRegistry } from '#libs/telemetry';
import type { Probes } from './probes.js';

const TEXT = 'text/plain; charset=utf-8';

/**
 * The operators' listener: `/metrics` and the probes, apart from the clients' port so that neither is exposed with the
 * other and an overload of the one leaves the other.
 */
export class AdminServer {
  private readonly server: Server;

  constructor(
    private readonly metrics: MetricsRegistry,
    private readonly probes: Probes,
  ) {
    this.server = createServer((request, response) => this.handle(request, response));
  }

  /** Rejects if the address is taken. */
  async listen(host: string, port: number): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    return this.server.address() as AddressInfo;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const target = request.url ?? '/';
    const probe = this.probes.answer(target);
    const isMetrics = target === '/metrics' || target.startsWith('/metrics?');
    if (!probe && !isMetrics)
      return reply(response, 404, TEXT, 'not found: try /metrics, /livez, /readyz?verbose, /startupz\n');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return reply(response, 405, TEXT, 'only GET and HEAD\n');
    }
    if (probe) return reply(response, probe.status, TEXT, probe.body);
    reply(response, 200, EXPOSITION_CONTENT_TYPE, this.metrics.expose());
  }
}

/** Node leaves the body out of an answer to HEAD. */
function reply(response: ServerResponse, status: number, contentType: string, body: string): void {
  response
    .writeHead(status, {
      'content-type': contentType,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
    })
    .end(body);
}
