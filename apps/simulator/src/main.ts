import type { AddressInfo } from 'node:net';
import { ConfigError } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { readConfig, type SimulatorConfig } from './config/config.js';
import { createSimulator } from './server.js';

const loopback = '127.0.0.1';
const config = configOrExit();
const log = createLogger({ name: 'signalbox-simulator', level: 'info' });
const server = createSimulator();

server.listen(config.port, loopback, () => {
  const { port } = server.address() as AddressInfo;
  log.info({ url: `http://${loopback}:${port}` }, 'simulator is ready');
});
server.on('error', (error: NodeJS.ErrnoException) => {
  const cause = error.code === 'EADDRINUSE' ? 'is in use; set SIGNALBOX_SIMULATOR_PORT to a free one' : error.message;
  process.stderr.write(`Port ${config.port} on ${loopback}: ${cause}.\n`);
  process.exit(1);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    // A simulated stall would keep its connection for ever.
    server.closeAllConnections();
  });
}

function configOrExit(): SimulatorConfig {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`signalbox simulator: ${error.message}\n`);
    return process.exit(1);
  }
}
