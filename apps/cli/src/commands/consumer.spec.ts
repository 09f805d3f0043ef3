import { load } from 'js-yaml';
import { exitCodes } from '../cli-error.js';
import { sha256Hex } from '../secret-text.js';
import { againstScriptedServer } from '../testing/against-scripted-server.js';
import type { Outcome } from '../testing/run-command.js';

const cli = againstScriptedServer();
const signalbox = (...args: string[]): Promise<Outcome> => cli.run(args);
const consumers = '/apis/signalbox.dev/v1/namespaces/default/consumers';
const conflict = { status: 409, body: { kind: 'Status', code: 409, reason: 'Conflict', message: 'modified' } };
const metadata = {
  name: 'red',
  namespace: 'default',
  uid: 'u',
  resourceVersion: '5',
  generation: 3,
  creationTimestamp: '2026-01-01T00:00:00Z',
  labels: { team: 'on' },
  annotations: { note: 'x', 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
};
const spec = {
  keys: [{ name: 'main', sha256: '0'.repeat(64) }],
  enabled: false,
  models: ['gpt-*'],
  limits: { concurrency: 3 },
};
const red = { apiVersion: 'signalbox.dev/v1', kind: 'Consumer', metadata, spec, status: { conditions: [] } };

test('of a new consumer the manifest goes to standard error, the key to standard output alone', async () => {
  const { code, out, error } = await signalbox('consumer', 'key', 'red');
  expect([code, out]).toEqual([0, expect.stringMatching(/^sbx_[0-9A-Za-z]{43}\n$/)]);
  expect(load(error)).toEqual({
    apiVersion: 'signalbox.dev/v1',
    kind: 'Consumer',
    metadata: { name: 'red', namespace: 'default' },
    spec: { keys: [{ name: 'main', sha256: sha256Hex(out.trim()) }] },
  });
  expect(error).not.toContain(out.trim());
});

test('of a consumer that is there the manifest has all that it has, and the key besides', async () => {
  cli.server.on(`GET ${consumers}/red`, { body: red });
  const { out, error } = await signalbox('consumer', 'key', 'red', '--key-name', 'next');
  expect(load(error)).toEqual({
    apiVersion: 'signalbox.dev/v1',
    kind: 'Consumer',
    metadata: { name: 'red', namespace: 'default', labels: { team: 'on' }, annotations: { note: 'x' } },
    spec: { ...spec, keys: [...spec.keys, { name: 'next', sha256: sha256Hex(out.trim()) }] },
  });
});

test('--new asks no server', async () => {
  const { code, error } = await signalbox('consumer', 'key', 'red', '--new');
  expect([code, load(error)]).toMatchObject([0, { kind: 'Consumer' }]);
  expect(cli.server.requests).toEqual([]);
});

test('--apply creates the consumer', async () => {
  cli.server.on(`POST ${consumers}`, { status: 201, body: {} });
  const { out } = await signalbox('consumer', 'key', 'red', '--apply');
  expect(JSON.parse(cli.server.requests[1]?.body ?? '')).toMatchObject({
    metadata: { name: 'red', namespace: 'default' },
    spec: { keys: [{ name: 'main', sha256: sha256Hex(out.trim()) }] },
  });
});

test('--apply adds a key, keeps the others, and asks for the version it read', async () => {
  cli.server.on(`GET ${consumers}/red`, { body: red });
  cli.server.on(`PATCH ${consumers}/red`, { body: {} });
  const { out } = await signalbox('consumer', 'key', 'red', '--key-name', 'next', '--apply');
  expect(JSON.parse(cli.server.requests[1]?.body ?? '')).toEqual({
    metadata: { resourceVersion: '5' },
    spec: { keys: [...spec.keys, { name: 'next', sha256: sha256Hex(out.trim()) }] },
  });
});

test('--apply reads again when somebody else was first, so that neither key is lost', async () => {
  const other = { name: 'other', sha256: '1'.repeat(64) };
  const later = {
    ...red,
    metadata: { ...metadata, resourceVersion: '6' },
    spec: { ...spec, keys: [...spec.keys, other] },
  };
  cli.server.on(`GET ${consumers}/red`, { body: red }, { body: later });
  cli.server.on(`PATCH ${consumers}/red`, conflict, { body: {} });
  expect(await signalbox('consumer', 'key', 'red', '--key-name', 'next', '--apply')).toMatchObject({ code: 0 });
  const { metadata: sent, spec: written } = JSON.parse(cli.server.requests[3]?.body ?? '') as typeof red;
  expect([sent.resourceVersion, written.keys.map(({ name }) => name)]).toEqual(['6', ['main', 'other', 'next']]);
});

test('a key that is there is replaced only where that is asked for', async () => {
  cli.server.on(`GET ${consumers}/red`, { body: red });
  cli.server.on(`PATCH ${consumers}/red`, { body: {} });
  for (const more of [[], ['--apply']]) {
    const { code, out, error } = await signalbox('consumer', 'key', 'red', ...more);
    expect([code, out]).toEqual([exitCodes.conflict, '']);
    expect(error).toMatch(/Consumer red has a key "main" already\.\n.*--key-name next.*\n.*--replace/);
  }
  expect(cli.server.requests.filter(({ method }) => method === 'PATCH')).toEqual([]);
  const { out } = await signalbox('consumer', 'key', 'red', '--apply', '--replace');
  expect(JSON.parse(cli.server.requests.at(-1)?.body ?? '')).toMatchObject({
    spec: { keys: [{ name: 'main', sha256: sha256Hex(out.trim()) }] },
  });
});

test('a key that the server didn’t take isn’t shown', async () => {
  const refusal = { kind: 'Status', code: 403, reason: 'Forbidden', message: 'no' };
  cli.server.on(`POST ${consumers}`, { status: 403, body: refusal });
  expect(await signalbox('consumer', 'key', 'red', '--apply')).toMatchObject({ code: exitCodes.failure, out: '' });
});
