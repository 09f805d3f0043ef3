import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { sha256Hex } from './secret-text.js';
import { endpointsOf, readSecret, StateDirectory } from './state-directory.js';

let parent: string;
let state: StateDirectory;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'signalbox-state-'));
  state = new StateDirectory(join(parent, '.signalbox'));
});

afterEach(() => rmSync(parent, { recursive: true }));

const mode = (path: string) => statSync(path).mode & 0o777;

test('the directory is for its owner alone, and so is every secret in it', () => {
  state.prepare();
  expect(mode(state.path)).toBe(0o700);
  const secrets = readdirSync(state.path).filter((name) => name !== '.gitignore');
  expect(secrets.sort()).toEqual(['admin.token', 'data-plane.token', 'master.key', 'state.key', 'tokens.yaml']);
  for (const name of secrets) expect([name, mode(join(state.path, name))]).toEqual([name, 0o600]);
});

test('keys are 32 bytes in base64, and no two are equal', () => {
  state.prepare();
  const keys = [state.masterKey, state.stateKey].map(readSecret);
  for (const key of keys) expect(Buffer.from(key, 'base64')).toHaveLength(32);
  expect(new Set(keys).size).toBe(2);
});

test('the tokens file knows both tokens by their digests', () => {
  state.prepare();
  expect(load(readFileSync(state.tokens, 'utf8'))).toEqual({
    tokens: [
      { name: 'admin', user: 'admin', groups: ['signalbox:admins'], sha256: sha256Hex(readSecret(state.adminToken)) },
      {
        name: 'data-plane',
        user: 'data-plane',
        groups: ['signalbox:data-planes'],
        sha256: sha256Hex(readSecret(state.dataPlaneToken)),
      },
    ],
  });
});

test('a second start changes nothing', () => {
  state.prepare();
  const contents = () => readdirSync(state.path).map((name) => readFileSync(join(state.path, name), 'utf8'));
  const before = contents();
  state.prepare();
  expect(contents()).toEqual(before);
});

test('rights that were loosened are tightened', () => {
  mkdirSync(state.path);
  chmodSync(state.path, 0o755);
  state.prepare();
  expect(mode(state.path)).toBe(0o700);
});

test('a token that the tokens file doesn’t know is reported, not replaced', () => {
  state.prepare();
  rmSync(state.adminToken);
  expect(() => state.prepare()).toThrow(/admin\.token does not hold a token/);
});

test('a path that is a file is reported with the variable that moves it', () => {
  expect(() => new StateDirectory('/dev/null').prepare()).toThrow(
    expect.objectContaining({ hints: [expect.stringContaining('SIGNALBOX_STATE_DIR')] }),
  );
});

test('endpoints are read back', () => {
  state.prepare();
  expect(state.readEndpoints()).toBeUndefined();
  const endpoints = endpointsOf({ data: 1, control: 2, simulator: 3, dataAdmin: 4 });
  state.writeEndpoints(endpoints);
  expect(state.readEndpoints()).toEqual(endpoints);
  expect(endpoints.controlPlane).toBe('https://127.0.0.1:2');
});

test('endpoints that are not what was written count as none', () => {
  state.prepare();
  writeFileSync(state.endpoints, '{');
  expect(state.readEndpoints()).toBeUndefined();
});

test('a database whose master key is gone gets no new one, unless another file is named', () => {
  state.prepare();
  mkdirSync(join(state.postgres, 'data'), { recursive: true });
  rmSync(state.masterKey);
  expect(() => state.prepare()).toThrow(/master\.key is missing/);
  expect(existsSync(state.masterKey)).toBe(false);
  expect(() => state.prepare('/elsewhere/master.key')).not.toThrow();
});
