import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { ConfigError } from '#libs/config';
import {
  createLogger,
  MetricsRegistry,
  registerProcessMetrics,
  softwareVersion,
  startTelemetry,
} from '#libs/telemetry';
import { type ControlPlaneConfig, readConfig } from './config/config.js';
import { ControlPlane } from './control-plane.js';

/**
 * V8 lets the heap grow to several times what lives in it before it collects: with 10,000 policies, 280 MiB for 90. At half
 * as much again it keeps 180, for about a tenth more CPU under a load of writes.
 */
const HEAP_GROWING_PERCENT = 50;
const STOP_DEADLINE_MS = 10_000;
const TELEMETRY_DEADLINE_MS = 2_000;

/** Runs until SIGTERM or SIGINT, then exits 0; 1 if it can't start. */
async function main(): Promise<void> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
  const config = configOrExit();
  const logger = createLogger({ name: 'signalbox-control-plane', level: config.logLevel });
  // Node would print the bare error, and a rejected promise ends here, too: log it masked, then end. Nobody knows what is
  // left half done; the database rolls back what was not committed, and another replica leads when the lease is over.
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'ended by an unexpected error');
    process.exit(1);
  });
  const metrics = new MetricsRegistry();
  registerProcessMetrics(metrics, softwareVersion);
  const telemetry = await startTelemetry({
    serviceName: 'signalbox-control-plane',
    version: softwareVersion,
    instanceId: randomUUID(),
    ratio: config.traceRatio,
    log: logger,
    metrics,
  });
  const stopRequested = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
  let controlPlane: ControlPlane | undefined;
  try {
    // A start may wait a minute for its database; whoever asks for the end meanwhile doesn't. What it began is one
    // transaction, which the database rolls back.
    controlPlane = await Promise.race([
      ControlPlane.start({ config, logger, telemetry, metrics }),
      stopRequested.then(() => undefined),
    ]);
  } catch (error) {
    logger.fatal({ err: error }, 'the control plane cannot start');
    await telemetry.shutdown(TELEMETRY_DEADLINE_MS);
    process.exit(1);
  }
  const signal = await stopRequested;
  logger.info({ signal }, 'stopping');
  await controlPlane?.stop(STOP_DEADLINE_MS);
  await telemetry.shutdown(TELEMETRY_DEADLINE_MS);
  logger.info('stopped');
  process.exit(0);
}

function configOrExit(): ControlPlaneConfig {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`signalbox control-plane: ${error.message}\n`);
    return process.exit(1);
  }
}

await main();
