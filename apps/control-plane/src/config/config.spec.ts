import { ConfigError } from '#libs/config';
import { readConfig } from './config.js';

const minimal = {
  SIGNALBOX_DATABASE_URL: 'postgres://user:s3cret@host/db',
  SIGNALBOX_TOKENS_FILE: '/tokens.yaml',
  SIGNALBOX_MASTER_KEY_FILE: '/master.key',
};

test('has defaults for all but database, tokens and master key', () => {
  expect(readConfig(minimal)).toMatchObject({
    host: '127.0.0.1',
    port: 7071,
    logLevel: 'info',
    traceRatio: 0.05,
    tlsNames: [],
    stateDirectory: undefined,
  });
});

test('reads every variable', () => {
  expect(
    readConfig({
      ...minimal,
      SIGNALBOX_CONTROL_HOST: '0.0.0.0',
      SIGNALBOX_CONTROL_PORT: '0',
      SIGNALBOX_STATE_DIR: '/state',
      SIGNALBOX_TLS_SANS: 'signalbox.example.com, 10.0.0.1',
      SIGNALBOX_LOG_LEVEL: 'debug',
      SIGNALBOX_TRACE_RATIO: '1.0',
    }),
  ).toMatchObject({
    databaseUrl: minimal.SIGNALBOX_DATABASE_URL,
    host: '0.0.0.0',
    port: 0,
    stateDirectory: '/state',
    tlsNames: ['signalbox.example.com', '10.0.0.1'],
    logLevel: 'debug',
    traceRatio: 1,
  });
});

test('names all missing variables at once, and how to make their values', () => {
  expect(() => readConfig({})).toThrow(
    expect.objectContaining({
      problems: [
        expect.stringMatching(/^SIGNALBOX_DATABASE_URL is missing: .*postgres:/),
        expect.stringMatching(/^SIGNALBOX_TOKENS_FILE is missing: .*sha256sum/),
        expect.stringMatching(/^SIGNALBOX_MASTER_KEY_FILE is missing: .*openssl rand/),
      ],
    }),
  );
});

test('names malformed variables, never their values', () => {
  const environment = {
    ...minimal,
    SIGNALBOX_DATABASE_URL: 'mysql://user:s3cret@host/db',
    SIGNALBOX_CONTROL_PORT: '70000',
    SIGNALBOX_TLS_SANS: 'a b',
    SIGNALBOX_LOG_LEVEL: 'loud',
    SIGNALBOX_TRACE_RATIO: '2',
  };
  let error: unknown;
  try {
    readConfig(environment);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(ConfigError);
  const { message, problems } = error as ConfigError;
  expect(problems).toHaveLength(5);
  for (const value of ['s3cret', '70000', 'loud', 'a b']) expect(message).not.toContain(value);
});
