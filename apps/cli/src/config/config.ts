import { dirname, join, resolve } from 'node:path';
import { durationMs } from '#libs/resources';
import { CliError, exitCodes } from '../cli-error.js';

/** What `signalbox up` takes from the environment. */
export interface UpConfig {
  readonly stateDirectory: string;
  /** Undefined: an embedded Postgres. */
  readonly databaseUrl: string | undefined;
  readonly ports: Ports;
  /** Undefined: made in the state directory at the first start. */
  readonly masterKeyFile: string | undefined;
  readonly stateKeyFile: string | undefined;
  /** Handed to the planes as it is. */
  readonly traceRatio: string;
  readonly credentialEnvironment: string;
  /** How long the data plane may let requests in flight finish. */
  readonly drainTimeoutMs: number;
}

export interface Ports {
  readonly data: number;
  readonly control: number;
  readonly simulator: number;
  readonly dataAdmin: number;
}

/** What the commands that talk to a control plane take from the environment. */
export interface ClientConfig {
  readonly controlPlaneUrl: string | undefined;
  readonly tokenFile: string | undefined;
  readonly caFile: string | undefined;
  /** For `signalbox chat`. */
  readonly dataPlaneUrl: string | undefined;
  readonly apiKey: string | undefined;
  /** Explicitly named; undefined: the nearest `.signalbox`, upwards from the working directory. */
  readonly stateDirectory: string | undefined;
}

export const portVariables = {
  data: 'SIGNALBOX_DATA_PORT',
  control: 'SIGNALBOX_CONTROL_PORT',
  simulator: 'SIGNALBOX_SIMULATOR_PORT',
  dataAdmin: 'SIGNALBOX_DATA_ADMIN_PORT',
} as const satisfies Record<keyof Ports, string>;

const defaultPorts: Ports = { data: 7070, control: 7071, simulator: 7072, dataAdmin: 7073 };

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws a CliError that lists every variable at fault. Values are never shown: one of them may be a password. */
export function readUpConfig(environment: Environment, workingDirectory: string): UpConfig {
  const problems: string[] = [];
  const ports = readPorts(environment, problems);
  const traceRatio = environment['SIGNALBOX_TRACE_RATIO'] || '1.0';
  if (!(Number(traceRatio) >= 0 && Number(traceRatio) <= 1)) {
    problems.push('SIGNALBOX_TRACE_RATIO must be a number from 0 to 1');
  }
  const databaseUrl = environment['SIGNALBOX_DATABASE_URL'] || undefined;
  if (databaseUrl !== undefined && !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    problems.push('SIGNALBOX_DATABASE_URL must start with postgresql://');
  }
  const drainTimeoutMs = readDrainTimeoutMs(environment, problems);
  refuse(problems);
  return {
    stateDirectory: resolve(workingDirectory, environment['SIGNALBOX_STATE_DIR'] || '.signalbox'),
    databaseUrl,
    ports,
    masterKeyFile: environment['SIGNALBOX_MASTER_KEY_FILE'] || undefined,
    stateKeyFile: environment['SIGNALBOX_STATE_KEY_FILE'] || undefined,
    traceRatio,
    credentialEnvironment: environment['SIGNALBOX_CREDENTIAL_ENV'] ?? '*_API_KEY',
    drainTimeoutMs,
  };
}

export function readClientConfig(environment: Environment, workingDirectory: string): ClientConfig {
  const path = (name: string) => {
    const value = environment[name];
    return value ? resolve(workingDirectory, value) : undefined;
  };
  const problems: string[] = [];
  for (const [name, protocols] of [
    ['SIGNALBOX_CONTROL_PLANE_URL', ['https:']],
    ['SIGNALBOX_DATA_PLANE_URL', ['http:', 'https:']],
  ] as const) {
    const value = environment[name];
    if (!value) continue;
    const protocol = URL.canParse(value) ? new URL(value).protocol : '';
    if (!(protocols as readonly string[]).includes(protocol)) {
      problems.push(`${name} must be a URL with ${protocols.map((allowed) => `${allowed}//`).join(' or ')}`);
    }
  }
  const apiKey = environment['SIGNALBOX_API_KEY'] || undefined;
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    problems.push('SIGNALBOX_API_KEY must be one word of printable ASCII, without blanks and line breaks');
  }
  refuse(problems);
  return {
    controlPlaneUrl: environment['SIGNALBOX_CONTROL_PLANE_URL'] || undefined,
    tokenFile: path('SIGNALBOX_TOKEN_FILE'),
    caFile: path('SIGNALBOX_CA_FILE'),
    dataPlaneUrl: environment['SIGNALBOX_DATA_PLANE_URL'] || undefined,
    apiKey,
    stateDirectory: path('SIGNALBOX_STATE_DIR'),
  };
}

/** The directories where a state directory may be: the working directory, then its parents. */
export function stateDirectoryCandidates(workingDirectory: string): string[] {
  const candidates: string[] = [];
  for (let directory = resolve(workingDirectory); ; directory = dirname(directory)) {
    candidates.push(join(directory, '.signalbox'));
    if (directory === dirname(directory)) return candidates;
  }
}

function readPorts(environment: Environment, problems: string[]): Ports {
  const ports = { ...defaultPorts };
  for (const key of Object.keys(portVariables) as (keyof Ports)[]) {
    const text = environment[portVariables[key]];
    if (!text) continue;
    const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
    if (port < 1 || port > 65_535) problems.push(`${portVariables[key]} must be a port number from 1 to 65535`);
    else ports[key] = port;
  }
  const taken = new Map<number, string>();
  for (const key of Object.keys(portVariables) as (keyof Ports)[]) {
    const other = taken.get(ports[key]);
    if (other) problems.push(`${other} and ${portVariables[key]} are both ${ports[key]}`);
    taken.set(ports[key], portVariables[key]);
  }
  return ports;
}

/** The data plane reads it too; here it bounds how long its end is waited for. */
function readDrainTimeoutMs(environment: Environment, problems: string[]): number {
  try {
    return durationMs(environment['SIGNALBOX_DRAIN_TIMEOUT'] || '25s');
  } catch (error) {
    problems.push(`SIGNALBOX_DRAIN_TIMEOUT is malformed: ${(error as Error).message}`);
    return 0;
  }
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new CliError(`Wrong settings in the environment:\n${problems.map((problem) => `  ${problem}`).join('\n')}`, {
    exitCode: exitCodes.usage,
  });
}
