export interface SimulatorConfig {
  readonly port: number;
}

/** Reads the environment once. Throws an error that names the variable, never another process's secrets. */
export function readConfig(environment: NodeJS.ProcessEnv): SimulatorConfig {
  const raw = environment['SIGNALBOX_SIMULATOR_PORT'] ?? '7072';
  const port = Number(raw);
  if (!/^\d+$/.test(raw) || port > 65_535) {
    throw new Error('SIGNALBOX_SIMULATOR_PORT must be a port number from 0 to 65535 (0: any free port).');
  }
  return { port };
}
