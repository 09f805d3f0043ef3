import { load } from 'js-yaml';
import { eventuallyPasses } from '#libs/testing';
import { MASK } from '../src/api/objects/presented.js';
import { CONTENTS_FINALIZER } from '../src/namespaces/contents-finalizer.js';
import { PROVIDERS, provider, RunningControlPlane, SECRETS, secret } from './running-control-plane.js';

const mergePatch = { 'content-type': 'application/merge-patch+json' };

let server: RunningControlPlane;
beforeAll(async () => {
  server = await RunningControlPlane.start();
});
afterAll(() => server.stop());

const create = async (name: string, spec?: object, metadata?: object) => {
  const { status, body } = await server.call(PROVIDERS, { method: 'POST', body: provider(name, spec, metadata) });
  expect(status).toBe(201);
  return body;
};
const createSecret = async (name: string, data?: object) => {
  const { status, body } = await server.call(SECRETS, { method: 'POST', body: secret(name, data) });
  expect(status).toBe(201);
  return body;
};
const patch = (path: string, body: unknown, more: object = {}) =>
  server.call(path, { method: 'PATCH', body: JSON.stringify(body), headers: mergePatch, ...more });

describe('one object', () => {
  test('is created, read and deleted', async () => {
    const created = await create('alpha');
    expect(created.metadata).toMatchObject({ name: 'alpha', namespace: 'default', generation: 1 });
    expect((await server.call(`${PROVIDERS}/alpha`)).body.spec).toEqual(created.spec);
    const deleted = await server.call(`${PROVIDERS}/alpha`, { method: 'DELETE' });
    expect(deleted.body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'alpha', group: 'signalbox.dev', kind: 'providers', uid: created.metadata.uid },
    });
    expect((await server.call(`${PROVIDERS}/alpha`)).body).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: 'providers.signalbox.dev "alpha" not found',
    });
  });

  test('is refused where one of its name exists', async () => {
    await create('twice');
    const again = await server.call(PROVIDERS, { method: 'POST', body: provider('twice') });
    expect(again).toMatchObject({ status: 409, body: { reason: 'AlreadyExists' } });
  });

  test('gets a name from generateName by which a Namespace can be addressed, however long the start is', async () => {
    const generateName = 'a-'.repeat(31);
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { generateName } };
    const { metadata } = (await server.call('/api/v1/namespaces', { method: 'POST', body })).body;
    expect(metadata.name).toMatch(/^[a-z0-9-]{58}[a-z0-9]{5}$/);
    expect((await server.call(`/api/v1/namespaces/${metadata.name}/secrets`)).status).toBe(200);
  });

  test('gets a name from generateName', async () => {
    const body = provider('', {}, { name: undefined, generateName: 'gen-' });
    const { status, body: created } = await server.call(PROVIDERS, { method: 'POST', body });
    expect(status).toBe(201);
    expect(created.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
  });

  test('is sent and answered as YAML', async () => {
    const response = await server.fetch(PROVIDERS, {
      method: 'POST',
      body: 'apiVersion: signalbox.dev/v1\nkind: Provider\nmetadata: {name: yaml}\nspec: {type: OpenAI, models: [{name: m}]}\n',
      headers: { 'content-type': 'application/yaml', accept: 'application/yaml' },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('application/yaml');
    expect(await response.text()).toContain('  name: yaml\n');
  });

  test('keeps its resourceVersion when nothing changes, and its generation when only metadata does', async () => {
    const [a, b] = ['YQ==', 'Yg=='];
    const created = await createSecret('calm', { data: { key: a } });
    const same = await patch(`${SECRETS}/calm`, { data: { key: a } });
    expect(same.body.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
    const labelled = await patch(`${SECRETS}/calm`, { metadata: { labels: { a: 'b' } } });
    expect(labelled.body.metadata).toMatchObject({ generation: 1, labels: { a: 'b' } });
    const changed = await patch(`${SECRETS}/calm`, { data: { key: b } });
    expect(changed.body.metadata.generation).toBe(2);
  });

  test('is replaced only in the state that was read', async () => {
    const created = await createSecret('replaced');
    const put = (body: unknown) => server.call(`${SECRETS}/replaced`, { method: 'PUT', body });
    const next = { ...created, data: { key: 'Yg==' } };
    expect(await put({ ...next, metadata: { name: 'replaced' } })).toMatchObject({
      status: 422,
      body: { details: { causes: [{ field: 'metadata.resourceVersion' }] } },
    });
    expect((await put({ ...next, metadata: { name: 'replaced', resourceVersion: '' } })).status).toBe(422);
    expect(await put(next)).toMatchObject({ status: 200, body: { metadata: { generation: 2 } } });
    expect(await put(next)).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    expect((await put({ ...next, metadata: { name: 'replaced', uid: 'x' } })).status).toBe(409);
    expect((await server.call(`${SECRETS}/absent`, { method: 'PUT', body: secret('absent') })).status).toBe(404);
  });

  test('of two writers one gets a 409, and nothing is merged by accident', async () => {
    const created = await createSecret('contested');
    const answers = await Promise.all(
      ['b25l', 'dHdv'].map((key) =>
        server.call(`${SECRETS}/contested`, { method: 'PUT', body: { ...created, data: { key } } }),
      ),
    );
    expect(answers.map(({ status }) => status).sort((left, right) => left - right)).toEqual([200, 409]);
    const winner = answers.find(({ status }) => status === 200)!.body;
    expect((await server.call(`${SECRETS}/contested`)).body).toEqual(winner);
  });

  test('a patch that names a stale resourceVersion is a 409', async () => {
    const created = await createSecret('stale');
    await patch(`${SECRETS}/stale`, { metadata: { labels: { a: 'b' } } });
    const { resourceVersion } = created.metadata;
    const late = await patch(`${SECRETS}/stale`, { metadata: { resourceVersion, labels: { a: 'c' } } });
    expect(late.status).toBe(409);
    const unread = await patch(`${SECRETS}/stale`, { metadata: { resourceVersion: '', labels: { a: 'c' } } });
    expect([unread.status, unread.body.metadata.labels]).toEqual([200, { a: 'c' }]);
  });

  test('dryRun tells what would be and stores nothing', async () => {
    const dry = await server.call(`${PROVIDERS}?dryRun=All`, { method: 'POST', body: provider('dry') });
    expect(dry).toMatchObject({ status: 201, body: { metadata: { name: 'dry' } } });
    expect((await server.call(`${PROVIDERS}/dry`)).status).toBe(404);
    await create('wet');
    expect((await server.call(`${PROVIDERS}/wet`, { method: 'DELETE', body: { dryRun: ['All'] } })).status).toBe(200);
    expect((await server.call(`${PROVIDERS}/wet`)).status).toBe(200);
  });

  test('preconditions of a delete hold it back', async () => {
    const created = await create('precious');
    const remove = (preconditions: object) =>
      server.call(`${PROVIDERS}/precious`, { method: 'DELETE', body: { preconditions } });
    expect((await remove({ uid: 'other' })).status).toBe(409);
    expect((await remove({ resourceVersion: '1' })).status).toBe(409);
    expect((await remove({ uid: created.metadata.uid })).status).toBe(200);
  });

  test('finalizers hold a deletion until they are removed', async () => {
    await create('held', {}, { finalizers: ['example.com/wait'] });
    const held = await server.call(`${PROVIDERS}/held`, { method: 'DELETE' });
    expect(held.body).toMatchObject({ kind: 'Provider', metadata: { deletionTimestamp: expect.any(String) } });
    expect((await patch(`${PROVIDERS}/held`, { metadata: { finalizers: null } })).status).toBe(200);
    expect((await server.call(`${PROVIDERS}/held`)).status).toBe(404);
  });

  test('status has an address of its own', async () => {
    const STATED = '/api/v1/namespaces/stated';
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'stated' } };
    await server.call('/api/v1/namespaces', { method: 'POST', body });
    const condition = { type: 'Checked', status: 'True', reason: 'Because', message: 'It was looked at.' };
    const status = {
      conditions: [{ ...condition, observedGeneration: 1, lastTransitionTime: '2026-01-31T12:00:00Z' }],
    };
    expect((await patch(STATED, { status })).body.status).toEqual({ phase: 'Active' });
    const stated = await patch(`${STATED}/status`, { status, metadata: { labels: { a: 'b' } } });
    expect(stated.body).toMatchObject({ status, metadata: { generation: 1 } });
    expect(stated.body.metadata.labels).toBeUndefined();
    expect((await server.call(STATED)).body).toEqual(stated.body);
  });

  test('a status is judged by its schema, and what it does not know is dropped with a warning', async () => {
    await create('judged');
    const STATUS = `${PROVIDERS}/judged/status`;
    const condition = { type: 'Mine', status: 'True', reason: 'R', message: 'm', observedGeneration: 1 };
    const timed = { ...condition, lastTransitionTime: '2026-01-31T12:00:00Z' };
    const fields = async (status: unknown) => {
      const answer = await patch(STATUS, { status });
      return [answer.status, answer.body.details.causes.map(({ field }) => field)];
    };
    expect(await fields('x')).toEqual([422, ['status']]);
    expect(await fields({ conditions: 'x' })).toEqual([422, ['status.conditions']]);
    expect(await fields({ conditions: {}, nope: 1 })).toEqual([422, ['status.conditions']]);
    expect(await fields({ conditions: [timed, timed] })).toEqual([422, ['status.conditions[1].type']]);
    expect(await fields({ conditions: [{ ...timed, status: 'Maybe', reason: 7 }] })).toEqual([
      422,
      ['status.conditions[0].status', 'status.conditions[0].reason'],
    ]);
    const odd = await patch(STATUS, { status: { conditions: [{ ...timed, more: 1 }], nope: 1 } });
    expect([odd.status, odd.headers.get('warning')]).toEqual([
      200,
      String.raw`299 - "unknown field \"status.conditions[0].more\"", 299 - "unknown field \"status.nope\""`,
    ]);
    expect(odd.body.status).toEqual({ conditions: [timed] });
    const strict = await patch(`${STATUS}?fieldValidation=Strict`, { status: { nope: 1 } });
    expect([strict.status, strict.body.message]).toEqual([
      400,
      expect.stringContaining('strict decoding error: unknown field "status.nope"'),
    ]);
    // The control plane writes conditions of its own meanwhile: what was read may be old already.
    await eventuallyPasses(async () => {
      const read = (await server.call(`${PROVIDERS}/judged`)).body;
      const put = await server.call(STATUS, { method: 'PUT', body: { ...read, status: { conditions: 7 } } });
      expect(put.status).toBe(422);
    });
  });

  test('metadata that only the server sets comes in its type or not at all, and owners in Kubernetes’ form', async () => {
    const post = (metadata: object) => server.call(PROVIDERS, { method: 'POST', body: provider('odd', {}, metadata) });
    for (const metadata of [
      { ownerReferences: 'x' },
      { ownerReferences: [{}] },
      { selfLink: 7 },
      { managedFields: 'x' },
    ]) {
      expect((await post(metadata)).status).toBe(422);
    }
    const owners = [{ apiVersion: 'v1', kind: 'Secret', name: 'a', uid: 'b', controller: true }];
    const { status, body } = await post({ ownerReferences: owners, selfLink: 'x', managedFields: [{ manager: 'a' }] });
    expect([status, body.metadata['ownerReferences']]).toEqual([201, owners]);
    expect(Object.keys(body.metadata)).not.toEqual(expect.arrayContaining(['selfLink']));
    expect(Object.keys(body.metadata)).not.toEqual(expect.arrayContaining(['managedFields']));
    expect(
      (await patch(`${PROVIDERS}/odd`, { metadata: { ownerReferences: [{ ...owners[0], name: 7 }] } })).status,
    ).toBe(422);
  });

  test('a body without apiVersion and kind is of the kind that the address has', async () => {
    const { apiVersion: _version, kind: _kind, ...untyped } = provider('untyped');
    const created = await server.call(PROVIDERS, { method: 'POST', body: untyped });
    expect(created).toMatchObject({ status: 201, body: { apiVersion: 'signalbox.dev/v1', kind: 'Provider' } });
    const { apiVersion: _again, ...halfTyped } = await createSecret('untyped-put');
    const body = { ...halfTyped, data: { key: 'YQ==' } };
    expect((await server.call(`${SECRETS}/untyped-put`, { method: 'PUT', body })).status).toBe(200);
    const other = await server.call(PROVIDERS, { method: 'POST', body: { ...untyped, kind: 'Secret' } });
    expect(other.status).toBe(400);
  });

  test('/effective shows it with its defaults, which are never stored', async () => {
    const created = await create('plain');
    const effective = (await server.call(`${PROVIDERS}/plain/effective`)).body;
    expect(effective.spec).toMatchObject({ timeouts: { connect: '5s' } });
    expect(created.spec).not.toHaveProperty('timeouts');
  });

  test('PATCH of a kind of ours takes a merge patch only', async () => {
    await create('patched');
    for (const type of ['strategic-merge-patch+json', 'json-patch+json', 'apply-patch+yaml', 'json']) {
      const { status } = await patch(
        `${PROVIDERS}/patched`,
        {},
        { headers: { 'content-type': `application/${type}` } },
      );
      expect([type, status]).toEqual([type, 415]);
    }
  });
});

describe('unknown fields', () => {
  const body = provider('typo', { typo: 1 });

  test('are refused with their path', async () => {
    const { status, body: answer } = await server.call(PROVIDERS, { method: 'POST', body });
    expect([status, answer.message]).toEqual([
      400,
      expect.stringContaining('strict decoding error: unknown field "spec.typo"'),
    ]);
  });

  test('are dropped with a warning where the client asks for that', async () => {
    const {
      status,
      body: answer,
      headers,
    } = await server.call(`${PROVIDERS}?fieldValidation=Warn`, { method: 'POST', body });
    expect(status).toBe(201);
    expect(headers.get('warning')).toBe(String.raw`299 - "unknown field \"spec.typo\""`);
    expect(answer.spec).not.toHaveProperty('typo');
  });
});

describe('lists', () => {
  const LISTED = '/apis/signalbox.dev/v1/namespaces/listed/providers';
  beforeAll(async () => {
    await server.call('/api/v1/namespaces', {
      method: 'POST',
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'listed' } },
    });
    for (const [index, name] of ['a', 'b', 'c', 'd', 'e'].entries()) {
      const body = provider(name, {}, { labels: { parity: index % 2 === 0 ? 'even' : 'odd' } });
      await server.call(LISTED, { method: 'POST', body });
    }
  });
  const names = async (query: string): Promise<string[]> =>
    (await server.call(`${LISTED}${query}`)).body.items.map((item) => item.metadata.name);

  test('come in order, with the revision that they show', async () => {
    const { body } = await server.call(LISTED);
    expect(body).toMatchObject({
      kind: 'ProviderList',
      apiVersion: 'signalbox.dev/v1',
      metadata: { resourceVersion: expect.stringMatching(/^[1-9]\d*$/) },
    });
    expect(body.items.map((item) => item.metadata.name)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('come in pieces when they are long, and are the same in every form', async () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'long' } };
    await server.call('/api/v1/namespaces', { method: 'POST', body: namespace });
    const names = Array.from({ length: 450 }, (_, index) => `long-${String(index).padStart(3, '0')}`);
    const documents = names.map((name) => provider(name, {}, { namespace: 'long', labels: { set: 'long' } }));
    const applied = await server.call('/apply', {
      method: 'POST',
      body: documents.map((document) => JSON.stringify(document)).join('\n---\n'),
      headers: { 'content-type': 'application/yaml' },
    });
    expect(applied.status).toBe(200);
    const path = PROVIDERS.replace('default', 'long');
    const namesOf = ({ items }: typeof first.body): string[] => items.map(({ metadata }) => metadata.name);
    const whole = await server.call(path);
    expect([whole.status, namesOf(whole.body)]).toEqual([200, names]);
    // The rest of a page shows that page's revision, so that statuses which are written meanwhile don't matter.
    const first = await server.call(`${path}?limit=1`);
    expect(first.body.metadata).toMatchObject({ remainingItemCount: 449, continue: expect.any(String) });
    const rest = `${path}?continue=${String(first.body.metadata['continue'])}`;
    const { body } = await server.call(rest);
    expect(namesOf(body)).toEqual(names.slice(1));
    expect((await server.call(`${rest}&labelSelector=set%3Dlong`)).body).toEqual(body);
    const yaml = await server.fetch(rest, { headers: { accept: 'application/yaml' } });
    expect(load(await yaml.text())).toEqual(body);
    const head = await server.fetch(path, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const empty = await server.call(PROVIDERS.replace('default', 'signalbox-system'));
    expect(empty.body).toMatchObject({ kind: 'ProviderList', apiVersion: 'signalbox.dev/v1', items: [] });
  });

  test('select by label and by field', async () => {
    expect(await names('?labelSelector=parity=odd')).toEqual(['b', 'd']);
    expect(await names('?labelSelector=parity+notin+(odd)')).toEqual(['a', 'c', 'e']);
    expect(await names('?fieldSelector=metadata.name=c')).toEqual(['c']);
  });

  test('come in pages that all show one revision, selectors or not', async () => {
    const first = (await server.call(`${LISTED}?limit=2`)).body;
    expect(first.metadata).toMatchObject({ continue: expect.any(String), remainingItemCount: 3 });
    await server.call(`${LISTED}/e`, { method: 'DELETE' });
    const rest = (await server.call(`${LISTED}?limit=9&continue=${String(first.metadata['continue'])}`)).body;
    expect(rest.items.map((item) => item.metadata.name)).toEqual(['c', 'd', 'e']);
    expect(rest.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    const odd = (await server.call(`${LISTED}?limit=1&labelSelector=parity=odd`)).body;
    expect(odd.items.map((item) => item.metadata.name)).toEqual(['b']);
    const more = (
      await server.call(`${LISTED}?limit=1&labelSelector=parity=odd&continue=${String(odd.metadata['continue'])}`)
    ).body;
    expect(more.items.map((item) => item.metadata.name)).toEqual(['d']);
  });

  test('span all namespaces', async () => {
    const { body } = await server.call('/apis/signalbox.dev/v1/providers?fieldSelector=metadata.name=a');
    expect(body.items.map((item) => item.metadata.namespace)).toEqual(['listed']);
  });

  test.each([
    ['as they are stored', {}],
    ['as tables', { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }],
  ])('%s are not older than a client has seen, and of no other revision', async (_, headers) => {
    const list = (query: string) => server.call(`${LISTED}?${query}`, { headers });
    const { resourceVersion = '' } = (await list('')).body.metadata;
    expect((await list(`resourceVersion=${resourceVersion}&resourceVersionMatch=NotOlderThan`)).status).toBe(200);
    expect(await list('resourceVersion=999999999')).toMatchObject({ status: 410, body: { reason: 'Expired' } });
    expect((await list(`resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`)).status).toBe(400);
  });

  test('come as tables', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const { body } = await server.call(`${LISTED}?limit=1`, { headers: { accept } });
    expect(body).toMatchObject({
      kind: 'Table',
      columnDefinitions: expect.arrayContaining([expect.objectContaining({ name: 'Name' })]),
    });
  });

  test('are deleted whole, by selector', async () => {
    const { body } = await server.call(`${LISTED}?labelSelector=parity=odd`, { method: 'DELETE' });
    expect(body.items.map((item) => item.metadata.name)).toEqual(['b', 'd']);
    expect(await names('')).toEqual(['a', 'c']);
  });
});

describe('secrets', () => {
  const encode = (text: string) => Buffer.from(text).toString('base64');

  test('show keys, never values, and take back what they showed', async () => {
    const created = await server.call(SECRETS, {
      method: 'POST',
      body: secret('keys', { stringData: { a: 'hunter2' }, data: { b: encode('x') } }),
    });
    expect(created).toMatchObject({ status: 201, body: { data: { a: MASK, b: MASK } } });
    expect(created.body).not.toHaveProperty('stringData');
    const read = (await server.call(`${SECRETS}/keys`)).body;
    expect(read.data).toEqual({ a: MASK, b: MASK });

    const replaced = await server.call(`${SECRETS}/keys`, { method: 'PUT', body: read });
    expect([replaced.status, replaced.body.metadata.resourceVersion]).toEqual([200, read.metadata.resourceVersion]);
    const changed = await server.call(`${SECRETS}/keys`, {
      method: 'PUT',
      body: { ...read, data: { a: MASK, b: encode('y') } },
    });
    expect(changed.body.metadata.generation).toBe(2);
  });

  test('have a type that is stored and stays', async () => {
    const untyped = await createSecret('untyped', { data: { a: encode('x') } });
    expect(untyped['type']).toBe('Opaque');
    expect((await createSecret('typed', { type: 'example.com/tls' }))['type']).toBe('example.com/tls');
    const turned = await patch(`${SECRETS}/typed`, { type: 'Opaque' });
    expect([turned.status, turned.body.details.causes]).toEqual([
      422,
      [expect.objectContaining({ field: 'type', message: expect.stringContaining('field is immutable') })],
    ]);
    expect((await patch(`${SECRETS}/untyped`, { type: null })).body.metadata.resourceVersion).toBe(
      untyped.metadata.resourceVersion,
    );
  });

  test('refuse the mask where no value is stored', async () => {
    const { status, body } = await patch(`${SECRETS}/keys`, { data: { fresh: MASK } });
    expect([status, body.details.causes[0]!.field]).toEqual([422, 'data[fresh]']);
  });

  test('lose the annotation in which kubectl repeats the values', async () => {
    const annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': '{"stringData":{"a":"hunter3"}}',
      keep: 'me',
    };
    const { status, body } = await server.call(`${SECRETS}/keys`, {
      method: 'PATCH',
      body: JSON.stringify({ metadata: { annotations }, stringData: { a: 'hunter3' } }),
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
    });
    expect([status, body.metadata.annotations]).toEqual([200, { keep: 'me' }]);
  });

  test('are masked in lists, tables and watches', async () => {
    const table = { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } };
    const watch = await server.fetch(`${SECRETS}?watch=true&timeoutSeconds=1`);
    const texts = await Promise.all([
      (await server.fetch(SECRETS)).text(),
      (await server.fetch(`${SECRETS}?includeObject=Object`, table)).text(),
      watch.text(),
      (await server.fetch('/audit?kind=Secret')).text(),
    ]);
    for (const text of texts) {
      expect(text).toContain('keys');
      expect(text).not.toMatch(new RegExp(['hunter', encode('hunter2'), encode('hunter3')].join('|')));
    }
  });
});

describe('namespaces', () => {
  const NAMESPACES = '/api/v1/namespaces';
  const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const gone = (path: string) => eventuallyPasses(async () => expect((await server.call(path)).status).toBe(404));

  test('two are there from the start and stay', async () => {
    const { body } = await server.call(NAMESPACES);
    expect(body.items.map((item) => item.metadata.name)).toEqual(
      expect.arrayContaining(['default', 'signalbox-system']),
    );
    expect((await server.call(`${NAMESPACES}/default`, { method: 'DELETE' })).status).toBe(403);
  });

  test('must exist before what is in them', async () => {
    const { status, body } = await server.call('/apis/signalbox.dev/v1/namespaces/absent/providers', {
      method: 'POST',
      body: provider('p'),
    });
    expect([status, body.message]).toEqual([404, 'namespaces "absent" not found']);
  });

  test('take their contents along', async () => {
    const IN = '/apis/signalbox.dev/v1/namespaces/doomed/providers';
    await server.call(NAMESPACES, { method: 'POST', body: namespace('doomed') });
    await server.call(IN, { method: 'POST', body: provider('p') });
    const kept = await patch(`${NAMESPACES}/doomed`, { metadata: { finalizers: null } });
    expect(kept.body.metadata.finalizers).toEqual([CONTENTS_FINALIZER]);
    const dry = await server.call(`${NAMESPACES}/doomed?dryRun=All`, { method: 'DELETE' });
    expect([dry.status, dry.headers.get('warning')]).toEqual([
      200,
      String.raw`299 - "with namespace \"doomed\" goes: providers.signalbox.dev: 1 (p)"`,
    ]);
    expect((await server.call(`${NAMESPACES}/doomed`)).body.status).toEqual({ phase: 'Active' });
    expect((await server.call(`${NAMESPACES}/doomed`, { method: 'DELETE' })).body).toMatchObject({
      metadata: { deletionTimestamp: expect.any(String) },
      status: { phase: 'Terminating' },
    });
    await gone(`${NAMESPACES}/doomed`);
    expect((await server.call(`${IN}/p`)).status).toBe(404);
    const { body } = await server.call('/audit?namespace=doomed&kind=Provider&limit=1');
    expect(body.items).toEqual([expect.objectContaining({ verb: 'delete', actor: 'system:namespace-controller' })]);
  });

  test('go once the last of several objects that held them is released', async () => {
    const IN = '/apis/signalbox.dev/v1/namespaces/raced/providers';
    await server.call(NAMESPACES, { method: 'POST', body: namespace('raced') });
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const name of names) {
      await server.call(IN, { method: 'POST', body: provider(name, {}, { finalizers: ['example.com/wait'] }) });
    }
    await server.call(`${NAMESPACES}/raced`, { method: 'DELETE' });
    const released = await Promise.all(names.map((name) => patch(`${IN}/${name}`, { metadata: { finalizers: null } })));
    expect(released.map(({ status }) => status)).toEqual(names.map(() => 200));
    await gone(`${NAMESPACES}/raced`);
  });

  test('wait for finalizers in them, and take nothing new meanwhile', async () => {
    const IN = '/apis/signalbox.dev/v1/namespaces/held/providers';
    await server.call(NAMESPACES, { method: 'POST', body: namespace('held') });
    await server.call(IN, { method: 'POST', body: provider('p', {}, { finalizers: ['example.com/wait'] }) });
    const { body } = await server.call(`${NAMESPACES}/held`, { method: 'DELETE' });
    expect(body.metadata).toMatchObject({ deletionTimestamp: expect.any(String), finalizers: [CONTENTS_FINALIZER] });
    expect(body.status).toEqual({ phase: 'Terminating' });
    expect((await server.call(`${NAMESPACES}/default`)).body.status).toEqual({ phase: 'Active' });
    const labelled = { ...namespace('held'), metadata: { name: 'held', labels: { a: 'b' } } };
    const inIt = provider('q', {}, { namespace: 'held' });
    const apply = (documents: object[], query = '') =>
      server.call(`/apply${query}`, { method: 'POST', body: { apiVersion: 'v1', kind: 'List', items: documents } });
    for (const dry of ['', '?dryRun=All']) {
      const refused = [
        await server.call(`${IN}${dry}`, { method: 'POST', body: provider('q') }),
        await apply([inIt], dry),
        await apply([labelled, inIt], dry),
      ];
      for (const { status, body: answer } of refused) {
        expect([status, answer.message]).toEqual([403, expect.stringMatching(/namespace "held" is being terminated/)]);
      }
    }
    expect((await patch(`${IN}/p`, { metadata: { labels: { a: 'b' } } })).status).toBe(200);
    expect((await apply([labelled])).status).toBe(200);
    await patch(`${IN}/p`, { metadata: { finalizers: [] } });
    await gone(`${NAMESPACES}/held`);
  });

  test('say by a dry run what would go with them, in bounded lines', async () => {
    await server.call(NAMESPACES, { method: 'POST', body: namespace('full') });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      await server.call(`${NAMESPACES}/full/secrets`, { method: 'POST', body: secret(name) });
    }
    const { headers } = await server.call(`${NAMESPACES}/full`, { method: 'DELETE', body: { dryRun: ['All'] } });
    expect(headers.get('warning')).toBe(
      String.raw`299 - "with namespace \"full\" goes: secrets: 7 (a, b, c, d, e and 2 more)"`,
    );
  });
});

describe('rights', () => {
  test.each([
    ['viewer', 'GET', PROVIDERS, 200],
    ['viewer', 'POST', PROVIDERS, 403],
    ['viewer', 'GET', '/api/v1/namespaces/signalbox-system/secrets', 403],
    ['viewer', 'GET', '/api/v1/secrets', 403],
    ['viewer', 'GET', '/api/v1/secrets?watch=true', 403],
    ['admin', 'DELETE', '/apis/signalbox.dev/v1/dataplanes', 403],
    ['viewer', 'HEAD', PROVIDERS, 200],
    ['editor', 'POST', PROVIDERS, 201],
    ['editor', 'POST', '/apis/signalbox.dev/v1/dataplanes', 403],
    ['admin', 'POST', '/apis/signalbox.dev/v1/dataplanes', 403],
    ['data-plane', 'GET', PROVIDERS, 403],
    ['data-plane', 'GET', '/apis', 200],
    ['viewer', 'GET', '/metrics', 200],
    ['data-plane', 'GET', '/metrics', 403],
  ] as const)('%s %s %s is %d', async (as, method, path, status) => {
    const isDataPlane = path.endsWith('dataplanes');
    const body = isDataPlane
      ? { apiVersion: 'signalbox.dev/v1', kind: 'DataPlane', metadata: { name: 'x' } }
      : provider(`by-${as}`);
    const response = await server.fetch(path, { method, as, ...(method === 'POST' && { body }) });
    await response.arrayBuffer();
    expect(response.status).toBe(status);
  });

  test('an exception from the address rules needs an admin, also to be moved', async () => {
    const body = provider('inside', { baseURL: 'http://10.0.0.1/v1', allowInsecure: true, allowPrivateNetwork: true });
    const refused = await server.call(PROVIDERS, { method: 'POST', as: 'editor', body });
    expect([refused.status, refused.body.message]).toEqual([403, expect.stringContaining('spec.allow')]);
    expect((await server.call(PROVIDERS, { method: 'POST', body })).status).toBe(201);
    const moved = await patch(`${PROVIDERS}/inside`, { spec: { baseURL: 'http://10.0.0.2/v1' } }, { as: 'editor' });
    expect(moved.status).toBe(403);
    expect((await patch(`${PROVIDERS}/inside`, { metadata: { labels: { a: 'b' } } }, { as: 'editor' })).status).toBe(
      200,
    );
  });
});
