import { hostname } from 'node:os';
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

/** Names every bad variable and how to make its value; never prints a value. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`the environment is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

const databaseUrlHint = 'set it to a Postgres URL such as postgres://user@host:5432/signalbox';
const tokensFileHint =
  'set it to a YAML file `tokens: [{name, user, groups, sha256}]`; the digest of a token: printf %s "$TOKEN" | sha256sum';
const masterKeyHint = 'set it to a file with one base64 key a line; make one with: openssl rand -base64 32';

/** Reads and checks all variables at once. Throws a ConfigError. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): ControlPlaneConfig {
  const problems: string[] = [];
  const text = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const required = (name: string, hint: string): string => {
    const value = text(name);
    if (value === undefined) problems.push(`${name} is missing: ${hint}`);
    return value ?? '';
  };
  const checked = <Value>(name: string, fallback: Value, parse: (value: string) => Value | undefined, rule: string) => {
    const value = text(name);
    if (value === undefined) return fallback;
    const parsed = parse(value);
    if (parsed === undefined) problems.push(`${name} is malformed: ${rule}`);
    return parsed ?? fallback;
  };

  const config: ControlPlaneConfig = {
    databaseUrl: required('SIGNALBOX_DATABASE_URL', databaseUrlHint),
    host: text('SIGNALBOX_CONTROL_HOST') ?? '127.0.0.1',
    port: checked('SIGNALBOX_CONTROL_PORT', 7071, port, 'give a port from 0 to 65535'),
    tokensFile: required('SIGNALBOX_TOKENS_FILE', tokensFileHint),
    masterKeyFile: required('SIGNALBOX_MASTER_KEY_FILE', masterKeyHint),
    stateDirectory: text('SIGNALBOX_STATE_DIR'),
    tlsNames: checked('SIGNALBOX_TLS_SANS', [], names, 'give host names and addresses with commas between them'),
    hostname: hostname(),
    logLevel: checked('SIGNALBOX_LOG_LEVEL', 'info', logLevel, `give one of ${logLevels.join(', ')}`),
    traceRatio: checked('SIGNALBOX_TRACE_RATIO', 0.05, ratio, 'give a number from 0 to 1'),
  };
  if (config.databaseUrl !== '' && !/^postgres(ql)?:\/\//.test(config.databaseUrl)) {
    problems.push(`SIGNALBOX_DATABASE_URL is malformed: ${databaseUrlHint}`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function port(value: string): number | undefined {
  return /^[0-9]{1,5}$/.test(value) && Number(value) <= 65_535 ? Number(value) : undefined;
}

function ratio(value: string): number | undefined {
  const number = Number(value);
  return number >= 0 && number <= 1 ? number : undefined;
}

function logLevel(value: string): LogLevel | undefined {
  return logLevels.find((level) => level === value);
}

function names(value: string): string[] | undefined {
  const list = value.split(',').map((name) => name.trim());
  return list.every((name) => /^[A-Za-z0-9.:*-]{1,253}$/.test(name)) ? list : undefined;
}
