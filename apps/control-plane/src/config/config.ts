import { hostname } from 'node:os';
import { type Environment, EnvironmentReader, listOf, oneOf, port, postgresUrl, share } from '#libs/config';
import { type LogLevel, logLevels } from '#libs/telemetry';

/** Everything the control plane takes from its environment. */
export interface ControlPlaneConfig {
  readonly databaseUrl: string;
  /** Address to listen on. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tokensFile: string;
  readonly masterKeyFile: string;
  /** Receives `ca.crt` and `kubeconfig`. */
  readonly stateDirectory?: string;
  /** Names and addresses of the server certificate beside localhost, 127.0.0.1, ::1 and the host's name. */
  readonly tlsNames: readonly string[];
  readonly hostname: string;
  readonly logLevel: LogLevel;
  /** Share of traces that are sampled where the caller doesn't decide, 0 to 1. */
  readonly traceRatio: number;
}

const databaseUrlHint = 'set it to a Postgres URL such as postgres://user@host:5432/signalbox';
const tokensFileHint =
  'set it to a YAML file `tokens: [{name, user, groups, sha256}]`; the digest of a token: printf %s "$TOKEN" | sha256sum';
const masterKeyHint = 'set it to a file with one base64 key a line; make one with: openssl rand -base64 32';

/** Reads and checks all variables at once. Throws a ConfigError. */
export function readConfig(environment: Environment): ControlPlaneConfig {
  const read = new EnvironmentReader(environment);
  const config: ControlPlaneConfig = {
    databaseUrl: read.required('SIGNALBOX_DATABASE_URL', databaseUrlHint, postgresUrl),
    host: read.optional('SIGNALBOX_CONTROL_HOST') ?? '127.0.0.1',
    port: read.optional('SIGNALBOX_CONTROL_PORT', port) ?? 7071,
    tokensFile: read.required('SIGNALBOX_TOKENS_FILE', tokensFileHint),
    masterKeyFile: read.required('SIGNALBOX_MASTER_KEY_FILE', masterKeyHint),
    stateDirectory: read.optional('SIGNALBOX_STATE_DIR'),
    tlsNames: read.optional('SIGNALBOX_TLS_SANS', namesOrAddresses) ?? [],
    hostname: hostname(),
    logLevel: read.optional('SIGNALBOX_LOG_LEVEL', oneOf(logLevels)) ?? 'info',
    traceRatio: read.optional('SIGNALBOX_TRACE_RATIO', share) ?? 0.05,
  };
  read.finish();
  return config;
}

const namesOrAddresses = listOf(/^[A-Za-z0-9.:*-]{1,253}$/, 'host names and addresses with commas between them');
