import { once } from 'node:events';
import { type AddressInfo, createServer, createConnection, type NetConnectOpts, type Socket } from 'node:net';

/** A TCP way to a test's Postgres that can be cut and mended, as if the database were away. */
export class CuttableRoute {
  private readonly sockets = new Set<Socket>();
  private isCut = false;
  private readonly server = createServer((near) => {
    if (this.isCut) return void near.destroy();
    const far = createConnection(this.target);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  });
  private target!: NetConnectOpts;

  /** The URL of the same database through this route. */
  async through(databaseUrl: string): Promise<string> {
    const [, user = '', authority = '', database = '', query = ''] =
      /^\w+:\/\/(?:([^@/]*)@)?([^/?]*)\/([^?]*)\??(.*)$/.exec(databaseUrl) ?? [];
    const parameters = new URLSearchParams(query);
    const [name = '', port = '5432'] = authority.split(':');
    // A socket's directory stands in the query, whatever the authority says.
    const host = parameters.get('host') ?? name;
    this.target = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port: Number(port) };
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `postgres://${user}@127.0.0.1:${(this.server.address() as AddressInfo).port}/${database}`;
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }
}
