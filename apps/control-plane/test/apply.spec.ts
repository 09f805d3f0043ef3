import { PROVIDERS, provider, RunningControlPlane } from './running-control-plane.js';

let server: RunningControlPlane;
beforeAll(async () => {
  server = await RunningControlPlane.start();
});
afterAll(() => server.stop());

const apply = (body: string, query = '', as: 'admin' | 'editor' | 'viewer' = 'admin') =>
  server.call(`/apply${query}`, { method: 'POST', body, headers: { 'content-type': 'application/yaml' }, as });

const team = `
apiVersion: signalbox.dev/v1
kind: KeyPool
metadata: {name: pool, namespace: shop}
spec:
  providerRef: {name: beta}
  keys: [{name: main, valueFrom: {secretKeyRef: {name: beta-keys, key: main}}}]
---
apiVersion: signalbox.dev/v1
kind: Provider
metadata: {name: beta, namespace: shop, labels: {a: b}}
spec: {type: OpenAICompatible, baseURL: "https://api.example.com/v1", models: [{name: chat}]}
---
apiVersion: v1
kind: Secret
metadata: {name: beta-keys, namespace: shop}
stringData: {main: hunter2}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
`;
const results = (body: { objects: Record<string, unknown>[] }) =>
  body.objects.map(({ kind, name, result }) => `${String(kind)}/${String(name)} ${String(result)}`);

test('a dry run answers what would be, with the conditions, and stores nothing', async () => {
  const { status, body } = await apply(team, '?dryRun=All');
  expect(status).toBe(200);
  expect(results(body)).toEqual([
    'Namespace/shop created',
    'KeyPool/pool created',
    'Provider/beta created',
    'Secret/beta-keys created',
  ]);
  expect(body.objects[1]).toMatchObject({
    namespace: 'shop',
    conditions: expect.arrayContaining([
      expect.objectContaining({ type: 'Accepted', status: 'True' }),
      expect.objectContaining({ type: 'ResolvedRefs', status: 'True' }),
    ]),
  });
  expect((await server.call('/api/v1/namespaces/shop')).status).toBe(404);
});

test('documents are applied in any order, all at one time', async () => {
  const { status, body } = await apply(team);
  expect([status, results(body)]).toEqual([
    200,
    ['Namespace/shop created', 'KeyPool/pool created', 'Provider/beta created', 'Secret/beta-keys created'],
  ]);
  expect(JSON.stringify(body)).not.toMatch(/hunter2|aHVudGVyMg/);
  expect(body.objects[3]!['changes']).toContainEqual({ path: 'data.main', after: '<redacted>' });
});

test('again it changes nothing', async () => {
  const stored = async () => (await server.call('/api/v1/namespaces/shop/secrets/beta-keys')).body;
  const before = await stored();
  const { body } = await apply(team);
  expect(results(body).every((result) => result.endsWith(' unchanged'))).toBe(true);
  expect(await stored()).toEqual(before);
});

test('the content is replaced, labels are merged, and the changed fields are told', async () => {
  const { body } = await apply(`
apiVersion: signalbox.dev/v1
kind: Provider
metadata: {name: beta, namespace: shop, labels: {c: d}}
spec: {type: OpenAICompatible, baseURL: "https://api.example.org/v1", models: [{name: chat}, {name: small}]}`);
  expect(body.objects).toEqual([
    expect.objectContaining({
      result: 'configured',
      generation: 2,
      changes: [
        { path: 'metadata.labels.c', after: 'd' },
        { path: 'spec.baseURL', before: 'https://api.example.com/v1', after: 'https://api.example.org/v1' },
        { path: 'spec.models[name=small].name', after: 'small' },
      ],
    }),
  ]);
});

test('owner references are merged into those that are there, by uid', async () => {
  const owner = (uid: string, name: string) => ({ apiVersion: 'signalbox.dev/v1', kind: 'Provider', name, uid });
  const applied = async (...ownerReferences: object[]) => {
    await apply(JSON.stringify(provider('owned', {}, ownerReferences.length > 0 ? { ownerReferences } : {})));
    return (await server.call(`${PROVIDERS}/owned`)).body.metadata['ownerReferences'];
  };
  expect(await applied()).toBeUndefined();
  expect(await applied(owner('u1', 'one'))).toEqual([owner('u1', 'one')]);
  expect(await applied(owner('u2', 'two'), owner('u1', 'renamed'))).toEqual([
    owner('u1', 'renamed'),
    owner('u2', 'two'),
  ]);
  expect(await applied()).toHaveLength(2);
});

test('what is applied to an object that is being deleted goes with it, and is not told as if it stayed', async () => {
  const leaving = (labels: object) =>
    JSON.stringify(provider('leaving', {}, { labels, finalizers: ['example.com/wait'] }));
  expect((await apply(leaving({}))).body.objects[0]!['warnings']).toEqual([]);
  await server.call(`${PROVIDERS}/leaving`, { method: 'DELETE' });
  for (const [labels, result] of [
    [{ a: 'b' }, 'configured'],
    [{ a: 'b' }, 'unchanged'],
  ] as const) {
    expect((await apply(leaving(labels))).body.objects[0]).toMatchObject({
      result,
      warnings: [expect.stringMatching(/^it is being deleted, and what is applied goes with it/)],
    });
  }
});

test('a dry run foretells a reference that goes nowhere', async () => {
  const { body } = await apply(
    `
apiVersion: signalbox.dev/v1
kind: KeyPool
metadata: {name: pool, namespace: shop}
spec: {providerRef: {name: absent}, keys: [{name: main, valueFrom: {secretKeyRef: {name: beta-keys, key: main}}}]}`,
    '?dryRun=All',
  );
  expect(body.objects[0]!['conditions']).toContainEqual(
    expect.objectContaining({ type: 'ResolvedRefs', status: 'False', reason: 'BackendNotFound' }),
  );
});

test('a dry run foretells what a Secret lacks once an entry of it is gone', async () => {
  const resolved = async (entry: string) => {
    const secret = `apiVersion: v1\nkind: Secret\nmetadata: {name: beta-keys, namespace: shop}\nstringData: {${entry}: hunter3}`;
    const [pool = ''] = team.split('---\n');
    const { status, body } = await apply(`${pool}---\n${secret}`, '?dryRun=All');
    expect(status).toBe(200);
    const conditions = body.objects.find(({ kind }) => kind === 'KeyPool')!['conditions'] as Record<string, unknown>[];
    return conditions.find(({ type }) => type === 'ResolvedRefs');
  };
  expect(await resolved('main')).toMatchObject({ status: 'True' });
  expect(await resolved('other')).toMatchObject({ status: 'False', reason: 'SecretNotFound' });
});

test('one bad document among many stores none of them, and every finding is told', async () => {
  const good = JSON.stringify(provider('good'));
  const bad = (name: string, spec: object) => JSON.stringify(provider(name, spec));
  const { status, body } = await apply(
    [good, bad('bad1', { models: [] }), bad('bad2', { type: 'Nope' })].join('\n---\n'),
  );
  expect(status).toBe(422);
  expect(body.details.causes.map((cause) => cause.field)).toEqual([
    'document 2, line 3: spec.models',
    'document 3, line 5: spec.type',
  ]);
  expect((await server.call(`${PROVIDERS}/good`)).status).toBe(404);
});

test('an unknown field hides nothing: all documents are answered at once, each field with its line', async () => {
  const { status, body } = await apply(`apiVersion: signalbox.dev/v1
kind: Provider
metadata:
  name: one
spec:
  type: openai
  colour: red
  models: [gpt-4o]
---
apiVersion: signalbox.dev/v1
kind: Nope
metadata: {name: two}
---
just text
---
apiVersion: v1
kind: List
items:
- apiVersion: signalbox.dev/v1
  kind: Consumer
  metadata: {name: three}
  spec:
    keys:
    - name: a
      sha256: "nope"
---
apiVersion: signalbox.dev/v1
kind: Provider
metadata: {name: four}
spec:
  type: OpenAI
  baseURL: http://api.example.com/v1
  models: [{name: m}]
`);
  expect([status, body.reason]).toEqual([422, 'Invalid']);
  expect(body.details.causes.map(({ field, message }) => `${field}: ${message}`)).toEqual([
    'document 1, line 7: spec.colour: unknown field; known here: type, vendor, baseURL, allowInsecure, allowPrivateNetwork, ' +
      'auth, headers, timeouts, connections, models, circuitBreaker',
    expect.stringMatching(/^document 1, line 6: spec\.type: Unsupported value: .*did you mean "OpenAI"\?$/),
    'document 1, line 8: spec.models[0]: Invalid value: must be an object, not text: - name: gpt-4o',
    expect.stringMatching(/^document 2, line 11: kind: there is no kind "Nope"/),
    'document 3, line 14: must be an object with apiVersion, kind and metadata',
    expect.stringMatching(
      /^document 4, line 25, items\[0\]: spec\.keys\[0\]\.sha256: Invalid value: must be the SHA-256/,
    ),
    expect.stringMatching(/^document 5, line 32: spec\.baseURL: Forbidden: is plain http/),
  ]);
  expect(body.message).toMatch(/^7 findings, so nothing was applied: \[/);
});

test('of very many findings the first hundred are told, and how many more there are', async () => {
  const { body } = await apply(
    JSON.stringify(
      provider('many', Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`f${index}`, 1]))),
    ),
  );
  expect(body.details.causes).toHaveLength(100);
  expect(body.message).toMatch(/^50000 findings, .*, and 49900 more\]$/);
  expect(JSON.stringify(body).length).toBeLessThan(100_000);
});

test('very many warnings don’t make an answer that clients refuse', async () => {
  const documents = Array.from({ length: 200 }, (_, index) =>
    JSON.stringify({
      apiVersion: 'signalbox.dev/v1',
      kind: 'Consumer',
      metadata: { name: `c${index}` },
      spec: { keys: [] },
    }),
  );
  const { status, body, headers } = await apply(documents.join('\n---\n'), '?dryRun=All');
  expect([status, body.objects.filter(({ warnings }) => (warnings as string[]).length > 0).length]).toEqual([200, 200]);
  expect(headers.get('warning')!.length).toBeLessThan(6_000);
  expect(headers.get('warning')).toMatch(/299 - "and \d+ more warnings"$/);
  expect(body.objects[1]).toMatchObject({ name: 'c1', place: 'document 2, line 3' });
});

test('a refusal under the lock stores nothing either', async () => {
  const stale = provider('beta', {}, { namespace: 'shop', resourceVersion: '1' });
  const { status, body } = await apply(`${JSON.stringify(provider('good'))}\n---\n${JSON.stringify(stale)}`);
  expect([status, body.message]).toEqual([
    409,
    expect.stringMatching(/^document 2, line 3: Operation cannot be fulfilled/),
  ]);
  expect((await server.call(`${PROVIDERS}/good`)).status).toBe(404);
});

test('JSON and a List are taken too', async () => {
  const { body } = await server.call('/apply?dryRun=All', {
    method: 'POST',
    body: { apiVersion: 'v1', kind: 'List', items: [provider('one'), provider('two')] },
  });
  expect(results(body)).toEqual(['Provider/one created', 'Provider/two created']);
});

test.each([
  [
    'an unknown kind',
    'apiVersion: signalbox.dev/v1\nkind: Nope\nmetadata: {name: x}',
    400,
    'document 1, line 2: kind: there is no kind "Nope" in apiVersion "signalbox.dev/v1"; kinds: ' +
      'Namespace, Secret, Provider, KeyPool, RoutePolicy, Consumer',
  ],
  [
    'the beginning of a kind',
    'apiVersion: signalbox.dev/v1\nkind: Route\nmetadata: {name: x}',
    400,
    'document 1, line 2: kind: there is no kind "Route" in apiVersion "signalbox.dev/v1"; did you mean "RoutePolicy"?',
  ],
  [
    'a kind of another group',
    'apiVersion: v1\nkind: Provider\nmetadata: {name: x}',
    400,
    'document 1, line 1: apiVersion: must be signalbox.dev/v1 with kind Provider, not "v1"',
  ],
  [
    'a YAML boolean for a name',
    'apiVersion: v1\nkind: Secret\nmetadata:\n  name: y',
    422,
    /^document 1, line 4: metadata\.name: Invalid value: must be a string, not a boolean: YAML takes y, .* name: "yes"$/,
  ],
  [
    'an unknown field',
    `---\n---\n${JSON.stringify(provider('x', { typo: 1 }))}`,
    400,
    /^document 2, line 3: spec\.typo: unknown field; /,
  ],
  ['no kind', 'a: 1', 400, /^2 findings, .*document 1, line 1: apiVersion: is required .*kind: is required/],
  ['a scalar', 'hello', 400, /^document 1, line 1: must be an object/],
  [
    'no name',
    'apiVersion: v1\nkind: Secret\nmetadata: {}',
    422,
    'document 1, line 3: metadata.name: Required value: name or generateName is required',
  ],
  [
    'a name to be generated',
    'apiVersion: v1\nkind: Secret\nmetadata: {generateName: a-}',
    400,
    'document 1, line 3: metadata.name: is required',
  ],
  ['nothing', '# only a comment\n---\n', 400, 'the body holds no object'],
  [
    'one object twice',
    `${JSON.stringify(provider('x'))}\n---\n${JSON.stringify(provider('x'))}`,
    400,
    /^document 2, line 3: Provider default\/x is in document 1, line 1 already/,
  ],
  [
    'a namespace that is not there',
    JSON.stringify(provider('x', {}, { namespace: 'absent' })),
    404,
    'document 1, line 1: namespaces "absent" not found',
  ],
  [
    'a namespace that is nearly there',
    [provider('x', {}, { namespace: 'shpo' }), provider('y', {}, { namespace: 'shpo' })]
      .map((o) => JSON.stringify(o))
      .join('\n---\n'),
    404,
    'document 1, line 1 and others: namespaces "shpo" not found; did you mean "shop"?',
  ],
  [
    'a read-only kind',
    'apiVersion: signalbox.dev/v1\nkind: DataPlane\nmetadata: {name: x}',
    403,
    /^document 1, line 1: .*written by the control plane only/,
  ],
  ['YAML that is none', 'a: [1', 400, /^the body can't be read: line 1: not YAML/],
])('%s is refused', async (_, body, status, message) => {
  const { status: got, body: answer } = await apply(body);
  expect([got, answer.message]).toEqual([
    status,
    typeof message === 'string' ? message : expect.stringMatching(message),
  ]);
});

test('needs the right to write each object', async () => {
  expect((await apply(JSON.stringify(provider('x')), '', 'viewer')).status).toBe(403);
  const system = provider('x', {}, { namespace: 'signalbox-system' });
  const { status, body } = await apply(JSON.stringify(system), '', 'editor');
  expect([status, body.message]).toEqual([
    403,
    expect.stringMatching(/^document 1, line 1: .*cannot create resource "providers"/),
  ]);
});

test('every write is in the audit, in the caller’s trace, and the chain verifies', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const { headers } = await server.call('/apply', {
    method: 'POST',
    as: 'editor',
    body: JSON.stringify(provider('traced')),
    headers: { 'content-type': 'application/yaml', traceparent: `00-${traceId}-b7ad6b7169203331-01` },
  });
  expect(headers.get('x-signalbox-trace-id')).toBe(traceId);
  const { body } = await server.call('/audit?kind=Provider&name=traced&actor=editor');
  expect(body.items).toEqual([
    expect.objectContaining({ actor: 'editor', verb: 'apply', name: 'traced', traceId, sourceAddress: '127.0.0.1' }),
  ]);
  expect((await server.call('/audit?name=traced&since=2999-01-01T00:00:00Z')).body.items).toEqual([]);
  expect((await server.call('/audit?since=yesterday')).status).toBe(400);
  const verification = await server.fetch('/audit/verify');
  expect(verification.headers.get('content-type')).toBe('application/x-ndjson');
  const lines = (await verification.text()).trimEnd().split('\n');
  expect(lines.slice(0, -1).map((line) => JSON.parse(line) as unknown)).toEqual([
    { progress: { rows: expect.any(Number), row: expect.any(Number), head: expect.any(Number) } },
  ]);
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ valid: true, unkeyedRows: 0 });
});

test('a part of an exported head, or a misspelt one, is refused, and not verified without it', async () => {
  const head = (await server.call('/audit/head')).body as unknown as { id: number; hash: string; mac: string };
  const whole = `headId=${head.id}&headHash=${head.hash}&headMac=${head.mac}`;
  expect((await server.fetch(`/audit/verify?${whole}`)).status).toBe(200);
  for (const query of [`headHash=${head.hash}&headMac=${head.mac}`, `headId=&${whole.slice(whole.indexOf('&') + 1)}`]) {
    expect(await server.call(`/audit/verify?${query}`)).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('headId, headHash, headMac') },
    });
  }
  expect((await server.call(`/audit/verify?${whole.replace('headId', 'headID')}`)).body.message).toContain('"headId"');
});
