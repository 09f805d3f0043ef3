import { dirname, join, resolve } from 'node:path';
import {
  duration,
  type Environment,
  EnvironmentReader,
  fixedPort,
  httpUrl,
  pathFrom,
  postgresUrl,
  type Rule,
  share,
} from '#libs/config';

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
  /** For what asks a data plane's admin listener. */
  readonly dataPlaneAdminUrl: string | undefined;
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

/** Throws a ConfigError that lists every variable at fault. */
export function readUpConfig(environment: Environment, workingDirectory: string): UpConfig {
  const read = new EnvironmentReader(environment);
  const config: UpConfig = {
    stateDirectory:
      read.optional('SIGNALBOX_STATE_DIR', pathFrom(workingDirectory)) ?? resolve(workingDirectory, '.signalbox'),
    databaseUrl: read.optional('SIGNALBOX_DATABASE_URL', postgresUrl),
    ports: readPorts(read),
    masterKeyFile: read.optional('SIGNALBOX_MASTER_KEY_FILE'),
    stateKeyFile: read.optional('SIGNALBOX_STATE_KEY_FILE'),
    traceRatio: String(read.optional('SIGNALBOX_TRACE_RATIO', share) ?? 1),
    // Set to nothing it means no variable at all, not the default.
    credentialEnvironment: environment['SIGNALBOX_CREDENTIAL_ENV'] ?? '*_API_KEY',
    drainTimeoutMs: read.optional('SIGNALBOX_DRAIN_TIMEOUT', duration) ?? 25_000,
  };
  read.finish();
  return config;
}

/** Throws a ConfigError that lists every variable at fault. */
export function readClientConfig(environment: Environment, workingDirectory: string): ClientConfig {
  const read = new EnvironmentReader(environment);
  const path = pathFrom(workingDirectory);
  const config: ClientConfig = {
    controlPlaneUrl: read.optional('SIGNALBOX_CONTROL_PLANE_URL', httpsUrl),
    tokenFile: read.optional('SIGNALBOX_TOKEN_FILE', path),
    caFile: read.optional('SIGNALBOX_CA_FILE', path),
    dataPlaneUrl: read.optional('SIGNALBOX_DATA_PLANE_URL', httpUrl),
    apiKey: read.optional('SIGNALBOX_API_KEY', apiKey),
    dataPlaneAdminUrl: read.optional('SIGNALBOX_DATA_PLANE_ADMIN_URL', httpUrl),
    stateDirectory: read.optional('SIGNALBOX_STATE_DIR', path),
  };
  read.finish();
  return config;
}

/** The directories where a state directory may be: the working directory, then its parents. */
export function stateDirectoryCandidates(workingDirectory: string): string[] {
  const candidates: string[] = [];
  for (let directory = resolve(workingDirectory); ; directory = dirname(directory)) {
    candidates.push(join(directory, '.signalbox'));
    if (directory === dirname(directory)) return candidates;
  }
}

function readPorts(read: EnvironmentReader): Ports {
  const ports = { ...defaultPorts };
  const taken = new Map<number, string>();
  for (const [key, variable] of Object.entries(portVariables) as [keyof Ports, string][]) {
    ports[key] = read.optional(variable, fixedPort) ?? ports[key];
    const other = taken.get(ports[key]);
    if (other) read.refuse(`${other} and ${variable} are both ${ports[key]}`);
    taken.set(ports[key], variable);
  }
  return ports;
}

/** The token goes to it: never in plain text. */
const httpsUrl: Rule<string> = {
  parse: (text) => (URL.canParse(text) && new URL(text).protocol === 'https:' ? text : undefined),
  says: 'a URL with https://',
};

const apiKey: Rule<string> = {
  parse: (text) => (/^[\x21-\x7e]+$/.test(text) ? text : undefined),
  says: 'one word of printable ASCII, without blanks and line breaks',
};
