import { hostname } from 'node:os';
import { isAbsolute } from 'node:path';
import { type LogLevel, logLevels } from '#libs/telemetry';
import { EnvironmentReader } from './read-environment.js';

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
export function readConfig(environment: Readonly<Record<string, string | undefined>>): DataPlaneConfig {
  const read = new EnvironmentReader(environment);
  const config: DataPlaneConfig = {
    name: read.parsed(
      'SIGNALBOX_DATA_PLANE_NAME',
      objectName(hostname()) ?? 'data-plane',
      (text) => (OBJECT_NAME.test(text) ? text : undefined),
      'an object name: lower-case letters, digits, "-" and ".", at most 253 characters, a letter or digit at both ends',
    ),
    host: read.optional('SIGNALBOX_DATA_HOST') ?? '127.0.0.1',
    port: read.parsed('SIGNALBOX_DATA_PORT', DEFAULT_PORT, port, PORT_RULE),
    adminHost: read.optional('SIGNALBOX_DATA_ADMIN_HOST') ?? '127.0.0.1',
    adminPort: read.parsed('SIGNALBOX_DATA_ADMIN_PORT', DEFAULT_ADMIN_PORT, port, PORT_RULE),
    controlPlaneUrl: read.parsed(
      'SIGNALBOX_CONTROL_PLANE_URL',
      DEFAULT_CONTROL_PLANE_URL,
      httpsOrigin,
      'an https URL without user, path and query, such as https://127.0.0.1:7071',
    ),
    caFile: read.optional('SIGNALBOX_CA_FILE'),
    tokenFile: read.required('SIGNALBOX_TOKEN_FILE', tokenHint),
    stateDirectory: read.required('SIGNALBOX_STATE_DIR', stateDirectoryHint),
    stateKeyFile: read.required('SIGNALBOX_STATE_KEY_FILE', stateKeyHint),
    credentials: {
      environmentPatterns: read.parsed(
        'SIGNALBOX_CREDENTIAL_ENV',
        [],
        variablePatterns,
        'names of environment variables separated by commas, "*" for any characters, such as *_API_KEY',
      ),
      directory: read.parsed(
        'SIGNALBOX_CREDENTIAL_DIR',
        undefined,
        (text) => (isAbsolute(text) ? text : undefined),
        'an absolute path',
      ),
    },
    drainTimeoutMs: read.parsed(
      'SIGNALBOX_DRAIN_TIMEOUT',
      DEFAULT_DRAIN_TIMEOUT_MS,
      durationMs,
      'a duration such as 25s or 1m30s',
    ),
    logLevel: read.parsed(
      'SIGNALBOX_LOG_LEVEL',
      'info',
      (text) => logLevels.find((level) => level === text),
      `one of ${logLevels.join(', ')}`,
    ),
    traceRatio: read.parsed('SIGNALBOX_TRACE_RATIO', DEFAULT_TRACE_RATIO, share, 'a number from 0 to 1'),
  };
  read.finish();
  return config;
}

const PORT_RULE = 'a port: 0 (any free one) to 65535';
const OBJECT_NAME = /^(?=.{1,253}$)[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/;

/** Host names may hold upper case and, in practice, underscores. */
function objectName(host: string): string | undefined {
  const name = host.toLowerCase().replaceAll('_', '-');
  return OBJECT_NAME.test(name) ? name : undefined;
}

function port(text: string): number | undefined {
  const value = Number(text);
  return /^\d{1,5}$/.test(text) && value <= 65_535 ? value : undefined;
}

function share(text: string): number | undefined {
  const value = Number(text);
  return /^\d*\.?\d+$/.test(text) && value <= 1 ? value : undefined;
}

function httpsOrigin(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const bare =
    url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  return url.protocol === 'https:' && bare ? url.origin : undefined;
}

function variablePatterns(text: string): string[] | undefined {
  const patterns = text.split(',').map((pattern) => pattern.trim());
  return patterns.every((pattern) => /^[A-Za-z_*][A-Za-z0-9_*]*$/.test(pattern)) ? patterns : undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** The durations of the manifests: `^([0-9]{1,5}(h|m|s|ms)){1,4}$`. */
function durationMs(text: string): number | undefined {
  if (!/^([0-9]{1,5}(h|m|s|ms)){1,4}$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount = '0', unit = ''] of text.matchAll(/(\d+)(ms|h|m|s)/g)) total += Number(amount) * UNIT_MS[unit]!;
  return total;
}
