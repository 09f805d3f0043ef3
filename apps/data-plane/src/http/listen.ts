import type { AddressInfo, Server } from 'node:net';
import type { Logger } from '#libs/telemetry';

/** Where accepting fails it fails for one connection after the other: they share a line. */
const SILENT_MS = 10_000;

export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly logger: Pick<Logger, 'error'>;
}

/**
 * Opens a listener; rejects if its address is taken. An error after that, such as a connection that can't be accepted for
 * want of a descriptor, is that connection's alone: it is logged. Heard by nobody, it would end the process.
 */
export async function listen(server: Server, { host, port, logger }: ListenOptions): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  let silentUntilMs = 0;
  server.on('error', (err) => {
    const nowMs = performance.now();
    if (nowMs < silentUntilMs) return;
    silentUntilMs = nowMs + SILENT_MS;
    logger.error({ err, port: address.port }, 'a listener met an error, and goes on listening');
  });
  return address;
}
