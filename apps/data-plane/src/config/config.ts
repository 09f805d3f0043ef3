import { hostname } from 'node:os';
import {
  absolutePath,
  duration,
  type Environment,
  EnvironmentReader,
  httpsOrigin,
  listOf,
  oneOf,
  port,
  type Rule,
  share,
} from '#libs/config';
import { type LogLevel, logLevels } from '#libs/telemetry';

/** Everything the data plane takes from its environment. */
export interface DataPlaneConfig {
  /** Name of its DataPlane object. */
  readonly name: string;
  /** Address for clients; ports: 0 is any free one. */
  readonly host: string;
  readonly port: number;
  /** Address for operators: metrics and probes. */
  readonly adminHost: string;
  readonly adminPort: number;
  /** `https:` origin, no path. */
  readonly controlPlaneUrl: string;
  /** PEM of the authority that signed the control plane's certificate; absent: the system's authorities. */
  readonly caFile?: string;
  /** Holds the bearer token of the data-plane role. */
  readonly tokenFile: string;
  /** Where its uid and the encrypted snapshots are kept. */
  readonly stateDirectory: string;
  readonly stateKeyFile: string;
  readonly credentials: CredentialAllowlist;
  /** How long running requests may take to end after SIGTERM. */
  readonly drainTimeoutMs: number;
  readonly logLevel: LogLevel;
  /** Share of traces that are sampled where the client doesn't decide, 0 to 1. */
  readonly traceRatio: number;
}

/** What a configuration may make this data plane read. Without it, editors could send its environment to any server. */
export interface CredentialAllowlist {
  /** Names of environment variables, `*` for any characters. */
  readonly environmentPatterns: readonly string[];
  /** Files below this directory; absent: none. */
  readonly directory?: string;
}

const DEFAULT_PORT = 7070;
const DEFAULT_ADMIN_PORT = 7073;
const DEFAULT_CONTROL_PLANE_URL = 'https://127.0.0.1:7071';
const DEFAULT_DRAIN_TIMEOUT_MS = 25_000;
const DEFAULT_TRACE_RATIO = 0.05;

const tokenHint = 'set it to a file with a bearer token of the group signalbox:data-planes';
const stateKeyHint = 'set it to a file with one base64 key a line; make one with: openssl rand -base64 32';
const stateDirectoryHint = 'set it to a directory that survives restarts, for the last routing table';

/** Reads and checks all variables at once. Throws a ConfigError. */
export function readConfig(environment: Environment): DataPlaneConfig {
  const read = new EnvironmentReader(environment);
  const config: DataPlaneConfig = {
    name: read.optional('SIGNALBOX_DATA_PLANE_NAME', objectName) ?? nameOf(hostname()),
    host: read.optional('SIGNALBOX_DATA_HOST') ?? '127.0.0.1',
    port: read.optional('SIGNALBOX_DATA_PORT', port) ?? DEFAULT_PORT,
    adminHost: read.optional('SIGNALBOX_DATA_ADMIN_HOST') ?? '127.0.0.1',
    adminPort: read.optional('SIGNALBOX_DATA_ADMIN_PORT', port) ?? DEFAULT_ADMIN_PORT,
    controlPlaneUrl: read.optional('SIGNALBOX_CONTROL_PLANE_URL', httpsOrigin) ?? DEFAULT_CONTROL_PLANE_URL,
    caFile: read.optional('SIGNALBOX_CA_FILE'),
    tokenFile: read.required('SIGNALBOX_TOKEN_FILE', tokenHint),
    stateDirectory: read.required('SIGNALBOX_STATE_DIR', stateDirectoryHint),
    stateKeyFile: read.required('SIGNALBOX_STATE_KEY_FILE', stateKeyHint),
    credentials: {
      environmentPatterns: read.optional('SIGNALBOX_CREDENTIAL_ENV', variablePatterns) ?? [],
      directory: read.optional('SIGNALBOX_CREDENTIAL_DIR', absolutePath),
    },
    drainTimeoutMs: read.optional('SIGNALBOX_DRAIN_TIMEOUT', duration) ?? DEFAULT_DRAIN_TIMEOUT_MS,
    logLevel: read.optional('SIGNALBOX_LOG_LEVEL', oneOf(logLevels)) ?? 'info',
    traceRatio: read.optional('SIGNALBOX_TRACE_RATIO', share) ?? DEFAULT_TRACE_RATIO,
  };
  read.finish();
  return config;
}

const objectName: Rule<string> = {
  parse: (text) => (/^(?=.{1,253}$)[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(text) ? text : undefined),
  says: 'an object name: lower-case letters, digits, "-" and ".", at most 253 characters, a letter or digit at both ends',
};

const variablePatterns = listOf(
  /^[A-Za-z_*][A-Za-z0-9_*]*$/,
  'names of environment variables separated by commas, "*" for any characters, such as *_API_KEY',
);

/** Host names may hold upper case and, in practice, underscores. */
function nameOf(host: string): string {
  return objectName.parse(host.toLowerCase().replaceAll('_', '-')) ?? 'data-plane';
}
