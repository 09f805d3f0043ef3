import { hostname } from 'node:os';
import { ConfigError } from '#libs/config';
import { readConfig } from './config.js';

const minimal = {
  SIGNALBOX_TOKEN_FILE: '/run/token',
  SIGNALBOX_STATE_DIR: '/var/lib/signalbox',
  SIGNALBOX_STATE_KEY_FILE: '/run/state.key',
};

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

it('has defaults for all but token, state directory and state key', () => {
  expect(readConfig(minimal)).toEqual({
    name: hostname().toLowerCase().replaceAll('_', '-'),
    host: '127.0.0.1',
    port: 7070,
    adminHost: '127.0.0.1',
    adminPort: 7073,
    controlPlaneUrl: 'https://127.0.0.1:7071',
    caFile: undefined,
    tokenFile: '/run/token',
    stateDirectory: '/var/lib/signalbox',
    stateKeyFile: '/run/state.key',
    credentials: { environmentPatterns: [], directory: undefined },
    drainTimeoutMs: 25_000,
    logLevel: 'info',
    traceRatio: 0.05,
  });
});

it('reads every variable', () => {
  expect(
    readConfig({
      ...minimal,
      SIGNALBOX_DATA_PLANE_NAME: 'edge-1.eu',
      SIGNALBOX_DATA_HOST: '0.0.0.0',
      SIGNALBOX_DATA_PORT: '0',
      SIGNALBOX_DATA_ADMIN_HOST: '::1',
      SIGNALBOX_DATA_ADMIN_PORT: '65535',
      SIGNALBOX_CONTROL_PLANE_URL: 'https://control.example.com:8443/',
      SIGNALBOX_CA_FILE: '/ca.crt',
      SIGNALBOX_CREDENTIAL_ENV: '*_API_KEY, OPENAI_*',
      SIGNALBOX_CREDENTIAL_DIR: '/run/credentials',
      SIGNALBOX_DRAIN_TIMEOUT: '1m30s500ms',
      SIGNALBOX_LOG_LEVEL: 'debug',
      SIGNALBOX_TRACE_RATIO: '1.0',
    }),
  ).toMatchObject({
    name: 'edge-1.eu',
    host: '0.0.0.0',
    port: 0,
    adminHost: '::1',
    adminPort: 65_535,
    controlPlaneUrl: 'https://control.example.com:8443',
    caFile: '/ca.crt',
    credentials: { environmentPatterns: ['*_API_KEY', 'OPENAI_*'], directory: '/run/credentials' },
    drainTimeoutMs: 90_500,
    logLevel: 'debug',
    traceRatio: 1,
  });
});

it('names all missing variables at once, and how to make their values', () => {
  expect(problemsOf({ SIGNALBOX_TOKEN_FILE: ' ' })).toEqual([
    expect.stringMatching(/^SIGNALBOX_TOKEN_FILE is missing: .*signalbox:data-planes/),
    expect.stringMatching(/^SIGNALBOX_STATE_DIR is missing: /),
    expect.stringMatching(/^SIGNALBOX_STATE_KEY_FILE is missing: .*openssl rand/),
  ]);
});

it.each([
  ['SIGNALBOX_DATA_PLANE_NAME', 'Not_A_Name'],
  ['SIGNALBOX_DATA_PORT', '70000'],
  ['SIGNALBOX_DATA_ADMIN_PORT', '7e3'],
  ['SIGNALBOX_CONTROL_PLANE_URL', 'http://127.0.0.1:7071'],
  ['SIGNALBOX_CONTROL_PLANE_URL', 'https://user:s3cret@host'],
  ['SIGNALBOX_CONTROL_PLANE_URL', 'https://host/path'],
  ['SIGNALBOX_CONTROL_PLANE_URL', 'nonsense'],
  ['SIGNALBOX_CREDENTIAL_ENV', 'A-B'],
  ['SIGNALBOX_CREDENTIAL_ENV', 'A,,B'],
  ['SIGNALBOX_CREDENTIAL_DIR', 'relative/path'],
  ['SIGNALBOX_DRAIN_TIMEOUT', '99'],
  ['SIGNALBOX_DRAIN_TIMEOUT', '1d'],
  ['SIGNALBOX_LOG_LEVEL', 'loud'],
  ['SIGNALBOX_TRACE_RATIO', '1.5'],
  ['SIGNALBOX_TRACE_RATIO', 'half'],
])('refuses a malformed %s by its name, without its value', (name, value) => {
  const problems = problemsOf({ ...minimal, [name]: value });
  expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name} must be `))]);
  expect(problems[0]).not.toContain(value);
});
