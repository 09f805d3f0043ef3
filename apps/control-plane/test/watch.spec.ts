import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { eventually } from '#libs/testing';
import {
  PROVIDERS,
  provider,
  type RequestOptions,
  RunningControlPlane,
  SECRETS,
  secret,
} from './running-control-plane.js';

interface Event {
  readonly type: string;
  readonly object: {
    kind: string;
    code?: number;
    rows?: unknown[];
    metadata: { name: string; resourceVersion: string; annotations?: object };
  };
}

let server: RunningControlPlane;
beforeAll(async () => {
  server = await RunningControlPlane.start();
});
afterAll(() => server.stop());

/** An open watch, read event by event. */
async function watch(query: string, options: RequestOptions = {}, path = SECRETS) {
  const abort = new AbortController();
  const response = await server.fetch(`${path}?watch=true${query}`, { ...options, signal: abort.signal });
  expect(response.status).toBe(200);
  const source = Readable.fromWeb(response.body!);
  source.on('error', () => undefined);
  const lines = createInterface({ input: source })[Symbol.asyncIterator]();
  const next = async (): Promise<Event | undefined> => {
    const { value, done } = await lines.next();
    return done ? undefined : (JSON.parse(value as string) as Event);
  };
  return {
    next,
    take: async (count: number): Promise<string[]> => {
      const seen: string[] = [];
      while (seen.length < count) {
        const event = await next();
        if (!event) break;
        seen.push(`${event.type} ${event.object.metadata.name ?? ''}`.trim());
      }
      return seen;
    },
    close: () => abort.abort(),
  };
}
const create = async (name: string, metadata: object = {}): Promise<string> =>
  (await server.call(SECRETS, { method: 'POST', body: secret(name, {}, metadata) })).body.metadata.resourceVersion!;
const label = (name: string, labels: object) =>
  server.call(`${SECRETS}/${name}`, {
    method: 'PATCH',
    body: JSON.stringify({ metadata: { labels } }),
    headers: { 'content-type': 'application/merge-patch+json' },
  });
const remove = (name: string) => server.call(`${SECRETS}/${name}`, { method: 'DELETE' });

test('goes on from a resourceVersion, in order, without a gap', async () => {
  const since = await create('a1');
  await create('a2');
  const events = await watch(`&resourceVersion=${since}`);
  await label('a1', { x: 'y' });
  await remove('a2');
  expect(await events.take(3)).toEqual(['ADDED a2', 'MODIFIED a1', 'DELETED a2']);
  events.close();
  await remove('a1');
});

test('starts with what is there where no resourceVersion is given', async () => {
  await create('b1');
  for (const query of ['', '&resourceVersion=0']) {
    const events = await watch(`${query}&fieldSelector=metadata.name=b1`);
    expect(await events.take(1)).toEqual(['ADDED b1']);
    events.close();
  }
  await remove('b1');
});

test('marks the end of the initial events where it is asked to', async () => {
  await create('c1');
  const events = await watch('&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true');
  expect((await events.next())?.type).toBe('ADDED');
  expect(await events.next()).toMatchObject({
    type: 'BOOKMARK',
    object: { kind: 'Secret', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
  });
  await remove('c1');
  expect(await events.take(1)).toEqual(['DELETED c1']);
  events.close();
});

test('an object that enters the selector is ADDED, one that leaves it is DELETED', async () => {
  const since = await create('d1');
  const events = await watch(`&resourceVersion=${since}&labelSelector=tier=gold`);
  await label('d1', { tier: 'gold' });
  await label('d1', { other: 'x' });
  const left = await label('d1', { tier: 'silver' });
  await label('d1', { tier: 'bronze' });
  await label('d1', { tier: 'gold' });
  await remove('d1');
  expect(await events.take(2)).toEqual(['ADDED d1', 'MODIFIED d1']);
  const deleted = await events.next();
  expect(deleted).toMatchObject({ type: 'DELETED', object: { metadata: { labels: { tier: 'gold' } } } });
  expect(deleted!.object.metadata.resourceVersion).toBe(left.body.metadata.resourceVersion);
  expect(await events.take(2)).toEqual(['ADDED d1', 'DELETED d1']);
  events.close();
});

test.each(['999999999'])(
  'resourceVersion %s, which is not there, is an ERROR event with 410, then the end',
  async (revision) => {
    const events = await watch(`&resourceVersion=${revision}`);
    expect(await events.next()).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 410, reason: 'Expired' },
    });
    expect(await events.next()).toBeUndefined();
  },
);

test('events are tables where the client asks for them', async () => {
  await create('e1');
  const events = await watch('&fieldSelector=metadata.name=e1', {
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
  });
  expect(await events.next()).toMatchObject({
    type: 'ADDED',
    object: { kind: 'Table', rows: [{ object: { metadata: { name: 'e1' } } }] },
  });
  events.close();
  await remove('e1');
});

test('sees other namespaces only where it is asked to, and no other kinds', async () => {
  await server.call('/api/v1/namespaces', {
    method: 'POST',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } },
  });
  const everywhere = await watch('&fieldSelector=metadata.namespace!=signalbox-system', {}, '/api/v1/secrets');
  const here = await watch('');
  await server.call(SECRETS.replace('default', 'team'), { method: 'POST', body: secret('f1') });
  await server.call(PROVIDERS, { method: 'POST', body: provider('f3') });
  await create('f2');
  expect(await everywhere.take(2)).toEqual(['ADDED f1', 'ADDED f2']);
  expect(await here.take(1)).toEqual(['ADDED f2']);
  everywhere.close();
  here.close();
  await remove('f2');
});

test('ends after timeoutSeconds', async () => {
  const events = await watch('&timeoutSeconds=1');
  expect(await events.next()).toBeUndefined();
});

test.each([
  ['a resourceVersion that is no number', '&resourceVersion=abc'],
  ['a resourceVersion with a leading zero', '&resourceVersion=01'],
  ['sendInitialEvents without its match', '&sendInitialEvents=true'],
  ['a match without sendInitialEvents', '&resourceVersionMatch=NotOlderThan'],
  ['a malformed selector', '&labelSelector=a+in+b'],
])('%s is a 400', async (_, query) => {
  expect((await server.call(`${SECRETS}?watch=true${query}`)).status).toBe(400);
});

test('a watch is JSON, or refused where only something else would do', async () => {
  const opened = (accept: string) => server.fetch(`${SECRETS}?watch=true&timeoutSeconds=1`, { headers: { accept } });
  for (const accept of ['application/yaml', 'text/html']) expect((await opened(accept)).status).toBe(406);
  const { status, headers } = await opened('application/yaml, application/json');
  expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
});

test('all watches of a restarted server go on from where they were', async () => {
  const since = await create('g1');
  await create('g2');
  await server.restart();
  const events = await watch(`&resourceVersion=${since}`);
  expect(await events.take(1)).toEqual(['ADDED g2']);
  events.close();
});

test('a watch ends soon after the token that opened it was revoked; those of others go on', async () => {
  const [mine, other] = [await watch('', { as: 'viewer' }), await watch('&labelSelector=none=yet', { as: 'admin' })];
  const file = join(server.directory, 'tokens.yaml');
  const before = readFileSync(file, 'utf8');
  const { tokens } = JSON.parse(before) as { tokens: { user: string }[] };
  writeFileSync(file, JSON.stringify({ tokens: tokens.filter(({ user }) => user !== 'viewer') }));
  while (await mine.next().catch(() => undefined));
  await create('h1', { labels: { none: 'yet' } });
  expect(await other.take(1)).toEqual(['ADDED h1']);
  other.close();
  writeFileSync(file, before);
  await eventually(async () => (await server.call(SECRETS, { as: 'viewer' })).status === 200);
}, 30_000);
