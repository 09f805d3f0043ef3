import { once } from 'node:events';
import { type AddressInfo, createServer, createConnection, type NetConnectOpts, type Socket } from 'node:net';

/** One connection through the route. */
interface Link {
  readonly near: Socket;
  readonly far: Socket;
  silent: boolean;
}

/**
 * A TCP way to a test's Postgres on which everything can go wrong that goes wrong with networks: connections that break,
 * that are refused, that go silent and stay open, that are slow, and an address behind which another server answers.
 */
export class DatabaseRoute {
  readonly #links = new Set<Link>();
  #refuses = false;
  #swallows = false;
  #delayMs = 0;
  #target!: NetConnectOpts;
  readonly #server = createServer((near) => this.#join(near));

  /** The URL of the same database through this route. */
  async through(databaseUrl: string): Promise<string> {
    const { user, database } = this.#aim(databaseUrl);
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `postgres://${user}@127.0.0.1:${(this.#server.address() as AddressInfo).port}/${database}`;
  }

  /** New connections reach another server from now on; those that are open stay where they are. */
  leadTo(databaseUrl: string): void {
    this.#aim(databaseUrl);
  }

  /** Breaks all connections and refuses new ones. */
  cut(): void {
    this.#refuses = true;
    for (const { near, far } of this.#links) {
      near.destroy();
      far.destroy();
    }
  }

  /** No byte passes any more and nobody is told: not on what is open, nor, unless `onlyOpen`, on new connections. */
  blackHole({ onlyOpen = false } = {}): void {
    this.#swallows = !onlyOpen;
    for (const link of this.#links) link.silent = true;
  }

  /** Each chunk is passed on so much later. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** New connections work again; what was silent stays so, as after a fail-over. */
  restore(): void {
    this.#refuses = false;
    this.#swallows = false;
    this.#delayMs = 0;
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #aim(databaseUrl: string): { user: string; database: string } {
    const [, user = '', authority = '', database = '', query = ''] =
      /^\w+:\/\/(?:([^@/]*)@)?([^/?]*)\/([^?]*)\??(.*)$/.exec(databaseUrl) ?? [];
    const parameters = new URLSearchParams(query);
    const [name = '', port = parameters.get('port') ?? '5432'] = authority.split(':');
    // A socket's directory stands in the query, whatever the authority says.
    const host = parameters.get('host') ?? name;
    this.#target = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port: Number(port) };
    return { user, database };
  }

  #join(near: Socket): void {
    if (this.#refuses) return void near.destroy();
    const link: Link = { near, far: createConnection(this.#target), silent: this.#swallows };
    this.#links.add(link);
    for (const [from, to] of [
      [near, link.far],
      [link.far, near],
    ] as const) {
      from.on('data', (chunk) => this.#pass(link, to, chunk));
      from.on('error', () => {});
      // The other end of a black hole hears of no end either.
      from.on('close', () => {
        if (!link.silent || this.#refuses) to.destroy();
        if (near.destroyed && link.far.destroyed) this.#links.delete(link);
      });
    }
  }

  #pass(link: Link, to: Socket, chunk: Buffer): void {
    if (link.silent || to.destroyed) return;
    if (this.#delayMs === 0) return void to.write(chunk);
    setTimeout(() => {
      if (!link.silent && !to.destroyed) to.write(chunk);
    }, this.#delayMs);
  }
}
