import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSimulator } from '../../src/server.js';

/** A simulator on a free port of loopback. */
export class RunningSimulator {
  readonly origin: string;
  private readonly server: Server;

  static async start(...settings: Parameters<typeof createSimulator>): Promise<RunningSimulator> {
    const server = createSimulator(...settings);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RunningSimulator(server);
  }

  private constructor(server: Server) {
    this.server = server;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
