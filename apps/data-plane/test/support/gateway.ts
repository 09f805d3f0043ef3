import { systemClock } from '#libs/clock';
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import type { CredentialSource, ResolvedCredential } from '../../src/credentials/credential-source.js';
import { type DataServer, startDataServer } from '../../src/http/data-server.js';
import type { RequestRecord } from '../../src/record/request-record.js';
import { createRuntime, type RequestLimits, type Runtime } from '../../src/pipeline/runtime.js';
import { systemRandom } from '../../src/random.js';
import type { StateEvent } from '../../src/state/events.js';
import { CurrentTable } from '../../src/table/current-table.js';
import type { TableHolder } from '../../src/table/table-view.js';
import { Http1Transport } from '../../src/upstream/http1/http1-transport.js';
import { API_KEY, type Configuration, tableOf } from './entries.js';

/** Values that tests may rotate and revoke. Unknown ids resolve to `sk-<id>` at version 1. */
export class TestCredentials implements CredentialSource {
  private readonly set = new Map<string, ResolvedCredential | undefined>();

  resolve(id: string): ResolvedCredential | undefined {
    return this.set.has(id) ? this.set.get(id) : { id, version: 'v1', value: `sk-${id}` };
  }

  rotate(id: string, version: string): void {
    this.set.set(id, { id, version, value: `sk-${id}-${version}` });
  }

  revoke(id: string): void {
    this.set.set(id, undefined);
  }
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface GatewayOptions {
  readonly limits?: Partial<RequestLimits>;
  readonly headersTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  readonly transport?: Http1Transport;
  /** Tables and credentials of another's making, a stream's for example; absent: those that `serve` makes. */
  readonly over?: { readonly current: TableHolder; readonly credentials: CredentialSource };
}

/** A data plane's request path on a real socket, with a table that tests swap and records that they read. */
export class Gateway {
  readonly records: RequestRecord[] = [];
  readonly events: StateEvent[] = [];
  readonly credentials = new TestCredentials();
  readonly runtime: Runtime;
  readonly transport: Http1Transport;
  private readonly tables = new CurrentTable();
  private listener: DataServer | undefined;
  private revision = 0;

  static async start(configuration?: Configuration, options: GatewayOptions = {}): Promise<Gateway> {
    const gateway = new Gateway(options);
    if (configuration !== undefined) await gateway.serve(configuration);
    gateway.listener = await startDataServer(gateway.runtime, {
      host: '127.0.0.1',
      port: 0,
      probe: (target) => (target.startsWith('/livez') ? { status: 200, body: 'ok' } : undefined),
      headersTimeoutMs: options.headersTimeoutMs,
      requestTimeoutMs: options.requestTimeoutMs,
    });
    return gateway;
  }

  private constructor({ limits, over, transport = new Http1Transport(systemClock) }: GatewayOptions) {
    this.transport = transport;
    this.runtime = createRuntime({
      clock: systemClock,
      random: systemRandom,
      transport: this.transport,
      tables: over?.current ?? this.tables,
      credentials: over?.credentials ?? this.credentials,
      onStateEvent: (event) => this.events.push(event),
      observer: { started() {}, finished: (record) => this.records.push(record) },
      logger: {
        info() {},
        warn() {},
        error() {},
      } as unknown as Runtime['logger'],
      limits,
    });
  }

  get server(): DataServer {
    if (this.listener === undefined) throw new Error('not started');
    return this.listener;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.server.address.port}`;
  }

  /** Swaps to a new table. */
  async serve(configuration: Configuration): Promise<void> {
    this.revision += 1;
    this.tables.swap(await tableOf(configuration, this.revision));
  }

  chat(body: object | string = {}, headers: Record<string, string> = {}, agent?: Agent): Promise<Reply> {
    const text =
      typeof body === 'string'
        ? body
        : JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hi' }], ...body });
    return this.send('POST', '/v1/chat/completions', { 'content-type': 'application/json', ...headers }, text, agent);
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    return this.send('GET', path, headers);
  }

  /** Without an `agent` the connection closes with its answer. */
  send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
    agent: Agent | false = false,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const call = request(
        `${this.origin}${path}`,
        { method, agent, headers: { authorization: `Bearer ${API_KEY}`, ...headers } },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', reject);
          response.on('end', () => {
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(parts).toString(),
            });
          });
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  }

  /** Permits, pins and requests that are still held. */
  held(): { running: number; keys: number; timers: number } {
    let keys = 0;
    for (const [, limiter] of this.runtime.routing.keyLimiters.byId.entries()) keys += limiter.inFlight;
    return { running: this.runtime.running.size, keys, timers: this.runtime.wheel.size };
  }

  async stop(): Promise<void> {
    await this.server.drain(0, 0);
    await this.transport.close();
  }
}
