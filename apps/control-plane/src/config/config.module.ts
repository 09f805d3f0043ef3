import { type DynamicModule, Module } from '@nestjs/common';
import { type Logger, MetricsRegistry, type Telemetry } from '#libs/telemetry';
import type { ControlPlaneConfig } from './config.js';

/** Injection tokens of what the process starts with. `MetricsRegistry` is its own token. */
export const CONFIG = Symbol('ControlPlaneConfig');
export const LOGGER = Symbol('Logger');
export const TELEMETRY = Symbol('Telemetry');

/** Made by main.ts before Nest, so that they outlive it: the last line of a shutdown is logged, its spans are sent. */
export interface ProcessEnvironment {
  readonly config: ControlPlaneConfig;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly metrics: MetricsRegistry;
}

@Module({})
export class ConfigModule {
  static with({ config, logger, telemetry, metrics }: ProcessEnvironment): DynamicModule {
    const providers = [
      { provide: CONFIG, useValue: config },
      { provide: LOGGER, useValue: logger },
      { provide: TELEMETRY, useValue: telemetry },
      { provide: MetricsRegistry, useValue: metrics },
    ];
    return { module: ConfigModule, global: true, providers, exports: providers };
  }
}
