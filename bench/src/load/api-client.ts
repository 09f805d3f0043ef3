import { Agent, request, type RequestOptions } from 'node:https';

export interface ApiAnswer {
  readonly status: number;
  readonly bytes: Buffer;
}

/** A Kubernetes API server as a load speaks it: bearer token, keep-alive, and certificates taken as they come. */
export class ApiClient {
  readonly #agent: Agent;
  readonly #url: URL;

  constructor(
    origin: string,
    private readonly token: string,
    connections: number,
  ) {
    this.#url = new URL(origin);
    this.#agent = new Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: connections });
  }

  send(method: string, path: string, body?: object): Promise<ApiAnswer> {
    const bytes = body && Buffer.from(JSON.stringify(body));
    const headers = bytes && { 'content-type': 'application/json', 'content-length': bytes.length };
    return new Promise((resolve, reject) => {
      const outgoing = request({ ...this.#options(method, path, headers), agent: this.#agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(chunks) }));
        response.on('error', reject);
      });
      outgoing.on('error', reject);
      outgoing.end(bytes);
    });
  }

  async read<T>(path: string): Promise<T> {
    const { status, bytes } = await this.send('GET', path);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${bytes.toString().slice(0, 300)}`);
    return JSON.parse(bytes.toString()) as T;
  }

  /** A watch on a connection of its own; resolves once it is open, with what closes it. */
  watch(path: string, onLine: (line: string) => void): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const options = { ...this.#options('GET', path), agent: false as const, rejectUnauthorized: false };
      const outgoing = request(options, (response) => {
        let rest = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          const lines = (rest + text).split('\n');
          rest = lines.pop() ?? '';
          lines.forEach(onLine);
        });
        response.on('error', () => undefined);
        resolve(() => outgoing.destroy());
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #options(method: string, path: string, headers: Record<string, string | number> = {}): RequestOptions {
    const { hostname: host, port } = this.#url;
    return { host, port, method, path, headers: { authorization: `Bearer ${this.token}`, ...headers } };
  }
}
