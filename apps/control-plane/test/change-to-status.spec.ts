import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { decodeFromControlPlane, encodeFromDataPlane, STREAM_PATH } from '#libs/control-protocol';
import { eventually, eventuallyPasses } from '#libs/testing';
import type { ApiObject, Condition } from '#libs/apimachinery';
import { TestDataPlane } from '../../../test/publication-fixture.js';
import { PROVIDERS, RunningControlPlane } from './running-control-plane.js';

const BASE = '/apis/signalbox.dev/v1';
const NAMESPACED = `${BASE}/namespaces/default`;
const CANARY = 'canary-7d1e44';

const provider = `
apiVersion: signalbox.dev/v1
kind: Provider
metadata: {name: alpha, namespace: default}
spec:
  type: OpenAICompatible
  baseURL: https://api.example.com/v1
  models: [{name: large}, {name: small}]
`;
const secret = (value: string) => `
apiVersion: v1
kind: Secret
metadata: {name: alpha-keys, namespace: default}
stringData: {first: "${value}"}
`;
const keyPool = `
apiVersion: signalbox.dev/v1
kind: KeyPool
metadata: {name: alpha, namespace: default}
spec:
  providerRef: {name: alpha}
  keys: [{name: first, valueFrom: {secretKeyRef: {name: alpha-keys, key: first}}}]
`;
const routePolicy = (model: string, annotations = '') => `
apiVersion: signalbox.dev/v1
kind: RoutePolicy
metadata: {name: chat, namespace: default${annotations}}
spec:
  models: [chat]
  rules: [{name: main, backendRefs: [{keyPoolRef: {name: alpha}, model: ${model}}]}]
`;
const all = [provider, secret(CANARY), keyPool, routePolicy('large')].join('---');

describe('from a change to what is served and what the status says', () => {
  let controlPlane: RunningControlPlane;
  let planes: TestDataPlane[] = [];

  beforeEach(async () => {
    controlPlane = await RunningControlPlane.start();
  });
  afterEach(async () => {
    await Promise.all(planes.map((plane) => plane.stop()));
    planes = [];
    await controlPlane.stop();
  });

  async function startPlane(name: string, replica = controlPlane): Promise<TestDataPlane> {
    const { url, caCertificate, tokens } = replica;
    const plane = new TestDataPlane({ url, ca: caCertificate, token: tokens['data-plane'], name, uid: `uid-${name}` });
    planes.push(plane);
    await plane.start();
    return plane;
  }
  async function stopPlane(plane: TestDataPlane): Promise<void> {
    planes = planes.filter((each) => each !== plane);
    await plane.stop();
  }

  async function apply(yaml: string): Promise<void> {
    const { status, body } = await controlPlane.call('/apply', {
      method: 'POST',
      body: yaml,
      headers: { 'content-type': 'application/yaml' },
    });
    expect([status, body.message]).toEqual([200, undefined]);
  }
  async function read(path: string): Promise<ApiObject> {
    return (await controlPlane.call(path)).body;
  }
  const of = (path: string) => read(`${NAMESPACED}/${path}`);
  const policy = () => of('routepolicies/chat');

  function condition(object: ApiObject, type: string): Condition | undefined {
    return (object.status?.['conditions'] as Condition[] | undefined)?.find((each) => each.type === type);
  }
  async function becomes(type: string, reason: string, read: () => Promise<ApiObject> = policy): Promise<ApiObject> {
    return eventually(async () => {
      const object = await read();
      const found = condition(object, type);
      const current = found?.observedGeneration === object.metadata.generation;
      if (found?.reason !== reason || !current) throw new Error(`${type}: ${JSON.stringify(found)}`);
      return object;
    });
  }
  const modelServed = (plane: TestDataPlane) => {
    const table = plane.current.current;
    const backend = table?.route('default', 'chat', {})?.rules[0]?.backends[0]?.backend;
    return backend && table?.backend(backend)?.model;
  };

  it('without data planes: NoDataPlanes; with one: served, programmed, and told in its DataPlane', async () => {
    await apply(all);
    await becomes('Programmed', 'NoDataPlanes');
    const plane = await startPlane('one');
    await eventually(() => modelServed(plane) === 'large');
    expect(plane.credentials.resolve('default/alpha-keys/first')?.value).toBe(CANARY);
    await becomes('Ready', 'Ready');

    await apply(routePolicy('small'));
    await eventually(() => modelServed(plane) === 'small');
    const object = await becomes('Programmed', 'Programmed');
    expect(object.metadata.generation).toBe(2);
    await eventuallyPasses(async () => {
      const { status } = await read(`${BASE}/dataplanes/one`);
      expect(status).toMatchObject({ connected: true, uid: 'uid-one', version: plane.current.current?.version });
      expect(status?.['revision']).toBe(plane.current.current?.revision);
    });

    const remove = (as: 'admin' | 'editor') => controlPlane.call(`${BASE}/dataplanes/one`, { method: 'DELETE', as });
    expect(await remove('admin')).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('connected') },
    });
    await stopPlane(plane);
    await becomes('Programmed', 'NoDataPlanes');
    expect((await read(`${BASE}/dataplanes/one`)).status).toMatchObject({ connected: false });
    expect((await remove('editor')).status).toBe(403);
    expect((await remove('admin')).status).toBe(200);
    expect((await controlPlane.call(`${BASE}/dataplanes/one`)).status).toBe(404);
  });

  it('a connected data plane that somebody calls away is there again at once, though nothing changes', async () => {
    await apply(all);
    await Promise.all([startPlane('one'), startPlane('two')]);
    await becomes('Ready', 'Ready');
    const path = `${BASE}/dataplanes/one`;
    // Until nothing is on its way to the data planes any more, whose next answer would bring it back as well.
    await eventually(async () => {
      const newest = (await Promise.all(['providers/alpha', 'keypools/alpha', 'routepolicies/chat'].map(of))).map(
        ({ metadata }) => Number(metadata.resourceVersion),
      );
      const served = (await Promise.all(['one', 'two'].map((name) => read(`${BASE}/dataplanes/${name}`)))).map(
        ({ status }) => Number(status?.['revision']),
      );
      return Math.min(...served) >= Math.max(...newest);
    });
    const { status } = await controlPlane.call(`${path}/status`, {
      method: 'PATCH',
      body: JSON.stringify({ status: { connected: false } }),
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(status).toBe(200);
    await eventually(async () => (await read(path)).status?.['connected'] === true);
  });

  it('a change that compiles to the same table gets there, too', async () => {
    await apply(all);
    const plane = await startPlane('one');
    await becomes('Programmed', 'Programmed');
    const version = plane.current.current?.version;
    const withDefault = `${routePolicy('large')}  retry: {maxAttempts: 3}\n`;
    await apply(withDefault);
    const object = await becomes('Programmed', 'Programmed');
    expect(object.metadata.generation).toBe(2);
    expect(plane.current.current?.version).toBe(version);
  });

  it('status writes stop when nothing changes, and trigger no compile', async () => {
    await apply(all);
    const plane = await startPlane('one');
    await becomes('Ready', 'Ready');
    // One more round through the whole chain, so that all that the first one set off has come to rest.
    await apply(routePolicy('small'));
    const settled = await becomes('Ready', 'Ready');
    const revision = plane.current.current?.revision;
    await controlPlane.call(PROVIDERS, { method: 'POST', body: otherProvider });
    await eventually(() => (plane.current.current?.revision ?? 0) > revision!);
    await eventuallyPasses(async () =>
      expect(condition(await read(`${PROVIDERS}/other`), 'Programmed')?.status).toBe('True'),
    );
    expect((await policy()).metadata.resourceVersion).toBe(settled.metadata.resourceVersion);
  });

  it('says what is wrong, and serves the rest', async () => {
    await apply(all);
    const plane = await startPlane('one');
    await becomes('Ready', 'Ready');
    await controlPlane.call('/api/v1/namespaces/default/secrets/alpha-keys', { method: 'DELETE' });
    await becomes('ResolvedRefs', 'SecretNotFound', () => read(`${NAMESPACED}/keypools/alpha`));
    await eventually(() => plane.credentials.resolve('default/alpha-keys/first') === undefined);
    await apply(secret('rotated'));
    await becomes('ResolvedRefs', 'ResolvedRefs', () => read(`${NAMESPACED}/keypools/alpha`));
    await eventually(() => plane.credentials.resolve('default/alpha-keys/first')?.value === 'rotated');
  });

  it('a key from the environment that no data plane has: pool and policies are not Ready, and say why and what to do', async () => {
    await startPlane('one');
    await apply(readFileSync(new URL('../../../manifests/examples/openai-env-key.yaml', import.meta.url), 'utf8'));
    const pool = () => read(`${NAMESPACED}/keypools/openai`);
    const policy = () => read(`${NAMESPACED}/routepolicies/gpt-4o`);
    for (const [object, subject] of [
      [await becomes('ResolvedRefs', 'CredentialNotResolved', pool), 'Key "main"'],
      [await becomes('ResolvedRefs', 'CredentialNotResolved', policy), 'Model "gpt-4o" of KeyPool default/openai'],
    ] as const) {
      const ready = condition(object, 'Ready');
      expect(ready).toMatchObject({ status: 'False', reason: 'CredentialNotResolved' });
      expect(ready!.message).toContain(`${subject} can't be used on any data plane: the variable OPENAI_API_KEY`);
      expect(ready!.message).toContain('name that in valueFrom.secretKeyRef');
    }
    await apply(
      `${secret('sk-openai')}---${keyPool.replaceAll('alpha', 'openai').replace('openai-keys', 'alpha-keys')}`,
    );
    await becomes('Ready', 'Ready', pool);
    await becomes('Ready', 'Ready', policy);
  });

  it('one data plane that refuses: Rejected with its reason, while the others serve; when it leaves: Programmed', async () => {
    await apply(all);
    const plane = await startPlane('serving');
    await becomes('Programmed', 'Programmed');
    const refusing = await refusingDataPlane();
    await apply(routePolicy('small'));
    const object = await becomes('Programmed', 'Rejected');
    expect(condition(object, 'Programmed')?.message).toContain('too big for me');
    expect(condition(object, 'Ready')?.status).toBe('False');
    expect(modelServed(plane)).toBe('small');
    refusing.terminate();
    await becomes('Programmed', 'Programmed');
  });

  /** Says that it serves nothing, and refuses everything. */
  async function refusingDataPlane(): Promise<WebSocket> {
    const { url, caCertificate, tokens } = controlPlane;
    const socket = new WebSocket(new URL(STREAM_PATH, url.replace('https', 'wss')), {
      ca: caCertificate,
      headers: { authorization: `Bearer ${tokens['data-plane']}` },
    });
    socket.on('message', (data: Buffer) => {
      const message = decodeFromControlPlane(data);
      if (!('nonce' in message)) return;
      const { nonce, revision } = message;
      socket.send(encodeFromDataPlane({ type: 'nack', nonce, revision, reason: 'too big for me' }));
    });
    await once(socket, 'open');
    const identity = { name: 'refusing', uid: 'uid-refusing', instance: 'i', software: 'test' };
    socket.send(encodeFromDataPlane({ type: 'hello', ...identity, schemaVersions: [1] }));
    return socket;
  }

  it('with two replicas: both publish, and Programmed counts the data planes of both', async () => {
    const replica = await controlPlane.startReplica();
    try {
      await apply(all);
      const here = await startPlane('here');
      const there = await startPlane('there', replica);
      const names = ['here', 'there'];
      // Who isn't known to be connected is not counted.
      await eventuallyPasses(async () => {
        const objects = await Promise.all(names.map((name) => read(`${BASE}/dataplanes/${name}`)));
        expect(objects.map(({ status }) => status?.['version'])).toEqual(
          [here, there].map(({ current }) => current.current?.version ?? 'none yet'),
        );
      });
      await becomes('Ready', 'Ready');
      await apply(routePolicy('small'));
      await becomes('Programmed', 'Programmed');
      expect([modelServed(here), modelServed(there)]).toEqual(['small', 'small']);
      expect(there.current.current?.version).toBe(here.current.current?.version);
      const objects = await Promise.all(names.map((name) => read(`${BASE}/dataplanes/${name}`)));
      expect(new Set(objects.map(({ status }) => status?.['connectedTo'])).size).toBe(2);
      await stopPlane(there);
    } finally {
      await replica.stop();
    }
  });

  it('takes up where it was after a restart, with the data plane serving on', async () => {
    await apply(all);
    await startPlane('one');
    const before = await becomes('Ready', 'Ready');
    await Promise.all(planes.map((plane) => plane.stop()));
    planes = [];
    await controlPlane.restart();
    const plane = await startPlane('one');
    await eventually(() => modelServed(plane) === 'large');
    const after = await becomes('Ready', 'Ready');
    expect(after.metadata.generation).toBe(before.metadata.generation);
  });
});

const otherProvider = {
  apiVersion: 'signalbox.dev/v1',
  kind: 'Provider',
  metadata: { name: 'other' },
  spec: { type: 'OpenAICompatible', baseURL: 'https://api.example.org/v1', models: [{ name: 'm' }] },
};
