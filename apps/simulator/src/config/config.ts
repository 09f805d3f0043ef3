import { type Environment, EnvironmentReader, port } from '#libs/config';

export interface SimulatorConfig {
  readonly port: number;
}

/** Throws a ConfigError. */
export function readConfig(environment: Environment): SimulatorConfig {
  const read = new EnvironmentReader(environment);
  const config = { port: read.optional('SIGNALBOX_SIMULATOR_PORT', port) ?? 7072 };
  read.finish();
  return config;
}
