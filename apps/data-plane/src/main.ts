import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { ConfigError } from '#libs/config';
import {
  createLogger,
  type Logger,
  MetricsRegistry,
  registerProcessMetrics,
  softwareVersion,
  startTelemetry,
} from '#libs/telemetry';
import { AppModule } from './app.module.js';
import { type DataPlaneConfig, readConfig } from './config/config.js';
import { Lifecycle } from './lifecycle.js';
import { shutDownOnSignal } from './shutdown.js';

const TELEMETRY_DEADLINE_MS = 3_000;

try {
  await main(readConfig(process.env));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`signalbox data-plane: ${error.message}\n`);
  process.exit(1);
}

async function main(config: DataPlaneConfig): Promise<void> {
  const logger = createLogger({ name: 'signalbox-data-plane', level: config.logLevel });
  // Node would print the bare error, and a rejected promise ends here too: log it masked, then end.
  process.on('uncaughtException', (err) => fail(logger, err, 'ended by an unexpected error'));

  const metrics = new MetricsRegistry();
  registerProcessMetrics(metrics, softwareVersion);
  const telemetry = await startTelemetry({
    serviceName: 'signalbox-data-plane',
    version: softwareVersion,
    instanceId: randomUUID(),
    ratio: config.traceRatio,
    log: logger,
    metrics,
  });
  try {
    const environment = { config, variables: process.env, logger, telemetry, metrics };
    const app = await NestFactory.createApplicationContext(AppModule.with(environment), {
      logger: false,
      abortOnError: false,
    });
    const lifecycle = app.get(Lifecycle);
    // Before the start, so that a signal during it ends the process in order, too.
    shutDownOnSignal(
      [
        ...lifecycle.shutdownSteps(),
        {
          name: 'telemetry',
          deadlineMs: TELEMETRY_DEADLINE_MS + 1_000,
          run: () => telemetry.shutdown(TELEMETRY_DEADLINE_MS),
        },
      ],
      logger,
    );
    await lifecycle.start();
  } catch (error) {
    fail(logger, error, 'the data plane cannot start');
  }
}

function fail(logger: Logger, err: unknown, message: string): never {
  logger.fatal({ err }, message);
  process.exit(1);
}
