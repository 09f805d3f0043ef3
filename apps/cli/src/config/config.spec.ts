import { ConfigError } from '#libs/config';
import { readClientConfig, readUpConfig, stateDirectoryCandidates } from './config.js';

test('`up` needs nothing', () => {
  expect(readUpConfig({}, '/srv/app')).toEqual({
    stateDirectory: '/srv/app/.signalbox',
    databaseUrl: undefined,
    ports: { data: 7070, control: 7071, simulator: 7072, dataAdmin: 7073 },
    masterKeyFile: undefined,
    stateKeyFile: undefined,
    traceRatio: '1',
    credentialEnvironment: '*_API_KEY',
    drainTimeoutMs: 25_000,
  });
});

test('an empty variable is an absent one', () => {
  expect(readUpConfig({ SIGNALBOX_DATABASE_URL: '', SIGNALBOX_DATA_PORT: '' }, '/')).toEqual(readUpConfig({}, '/'));
});

test('every bad variable is named at once, and no value', () => {
  const environment = {
    SIGNALBOX_DATA_PORT: '0',
    SIGNALBOX_CONTROL_PORT: 'https',
    SIGNALBOX_TRACE_RATIO: '7',
    SIGNALBOX_DRAIN_TIMEOUT: 'soon',
    SIGNALBOX_DATABASE_URL: 'mysql://root:hunter2@db',
  };
  let error: unknown;
  try {
    readUpConfig(environment, '/');
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(ConfigError);
  for (const name of Object.keys(environment)) expect((error as Error).message).toContain(name);
  expect((error as Error).message).not.toContain('hunter2');
});

test('two listeners can’t share a port', () => {
  expect(() => readUpConfig({ SIGNALBOX_DATA_PORT: '7071' }, '/')).toThrow(
    'SIGNALBOX_DATA_PORT and SIGNALBOX_CONTROL_PORT are both 7071',
  );
});

test('the control plane is reached by TLS only', () => {
  expect(() => readClientConfig({ SIGNALBOX_CONTROL_PLANE_URL: 'http://x' }, '/')).toThrow(/https:\/\//);
  expect(
    readClientConfig({ SIGNALBOX_CONTROL_PLANE_URL: 'https://x', SIGNALBOX_CA_FILE: 'ca.crt' }, '/w'),
  ).toMatchObject({
    controlPlaneUrl: 'https://x',
    caFile: '/w/ca.crt',
  });
});

test('the state directory is looked for upwards', () => {
  expect(stateDirectoryCandidates('/a/b')).toEqual(['/a/b/.signalbox', '/a/.signalbox', '/.signalbox']);
});
