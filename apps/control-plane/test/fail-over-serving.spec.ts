import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Condition } from '#libs/apimachinery';
import { eventually } from '#libs/testing';
import { TestDataPlane } from '../../../test/publication-fixture.js';
import { DatabaseRoute } from './database-route.js';
import { ReplicatedPostgres } from '../../../test/replicated-postgres.js';
import { RunningControlPlane } from './running-control-plane.js';

const POLICIES = '/apis/signalbox.dev/v1/namespaces/default/routepolicies';
const manifests = (model: string) => `
apiVersion: signalbox.dev/v1
kind: Provider
metadata: {name: alpha, namespace: default}
spec:
  type: OpenAICompatible
  baseURL: https://api.example.com/v1
  models: [{name: large}, {name: small}]
---
apiVersion: v1
kind: Secret
metadata: {name: alpha-keys, namespace: default}
stringData: {first: a-key}
---
apiVersion: signalbox.dev/v1
kind: KeyPool
metadata: {name: alpha, namespace: default}
spec:
  providerRef: {name: alpha}
  keys: [{name: first, valueFrom: {secretKeyRef: {name: alpha-keys, key: first}}}]
---
apiVersion: signalbox.dev/v1
kind: RoutePolicy
metadata: {name: chat, namespace: default}
spec:
  models: [chat]
  rules: [{name: main, backendRefs: [{keyPoolRef: {name: alpha}, model: ${model}}]}]
`;

describe('a database that fails over and loses an acknowledged change, while everything runs', () => {
  let servers: ReplicatedPostgres;
  let route: DatabaseRoute;
  let controlPlane: RunningControlPlane;
  let plane: TestDataPlane;

  beforeAll(async () => {
    servers = await ReplicatedPostgres.start();
    route = new DatabaseRoute();
    controlPlane = await RunningControlPlane.start(() => route.through(servers.primaryUrl));
    const { url, caCertificate: ca, tokens } = controlPlane;
    plane = new TestDataPlane({ url, ca, token: tokens['data-plane'], name: 'one', uid: 'uid-one' });
    await plane.start();
  });
  afterAll(async () => {
    await plane.stop();
    await controlPlane.stop();
    await route.close();
    await servers.stop();
  });

  const apply = (model: string) =>
    controlPlane.call('/apply', {
      method: 'POST',
      body: manifests(model),
      headers: { 'content-type': 'application/yaml' },
    });
  const policy = async () => (await controlPlane.call(`${POLICIES}/chat`)).body;
  const served = (): string | undefined => {
    const table = plane.current.current;
    const backend = table?.route('default', 'chat', {})?.rules[0]?.backends[0]?.backend;
    return backend && table?.backend(backend)?.model;
  };
  const programmed = async (): Promise<boolean> => {
    const { status, metadata } = await policy();
    const conditions = (status?.['conditions'] ?? []) as Condition[];
    return conditions.some(
      (each) => each.type === 'Ready' && each.status === 'True' && each.observedGeneration === metadata.generation,
    );
  };
  /** Every event of a watch to its end. */
  async function watchToEnd(resourceVersion: string): Promise<{ type: string; object: { code?: number } }[]> {
    const response = await controlPlane.fetch(`${POLICIES}?watch=true&resourceVersion=${resourceVersion}`);
    const events: { type: string; object: { code?: number } }[] = [];
    for await (const line of createInterface({ input: Readable.fromWeb(response.body!) })) {
      events.push(JSON.parse(line) as (typeof events)[number]);
    }
    return events;
  }

  it('ends watches with 410, and data planes serve what there is, and again what is applied', async () => {
    expect((await apply('large')).status).toBe(200);
    await eventually(() => served() === 'large');
    await eventually(programmed, { deadlineMs: 20_000 });
    const open = watchToEnd((await policy()).metadata.resourceVersion!);

    await servers.caughtUp();
    servers.separate();
    expect((await apply('small')).status).toBe(200);
    await eventually(() => served() === 'small');
    await eventually(programmed, { deadlineMs: 20_000 });
    const { metadata: lost } = await policy();

    route.cut();
    await servers.promote();
    route.leadTo(servers.standbyUrl);
    route.restore();

    const told = await open;
    expect(told.at(-1)).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    expect((await watchToEnd(lost.resourceVersion!)).map(({ type, object }) => [type, object.code])).toEqual([
      ['ERROR', 410],
    ]);
    // The data plane held a later table than the database has now.
    await eventually(() => served() === 'large', { deadlineMs: 20_000 });
    expect((await policy()).metadata.generation).toBe(lost.generation! - 1);

    await eventually(async () => (await apply('small')).status === 200, { deadlineMs: 20_000 });
    await eventually(() => served() === 'small', { deadlineMs: 20_000 });
    await eventually(programmed, { deadlineMs: 30_000 });
    expect(Number((await policy()).metadata.resourceVersion)).toBeGreaterThan(Number(lost.resourceVersion));
  });
});
