import { once } from 'node:events';
import { connect } from 'node:tls';
import {
  PROVIDERS,
  provider,
  type RequestOptions,
  RunningControlPlane,
  SECRETS,
  secret,
} from './running-control-plane.js';

let server: RunningControlPlane;
beforeAll(async () => {
  server = await RunningControlPlane.start();
});
afterAll(() => server.stop());

const post = (path: string, body: string | Buffer, type = 'application/yaml', more: RequestOptions = {}) =>
  server.call(path, { method: 'POST', body, headers: { 'content-type': type }, ...more });

const yaml = (spec: string, metadata = '{name: bad}'): string =>
  `apiVersion: signalbox.dev/v1\nkind: Provider\nmetadata: ${metadata}\nspec: ${spec}\n`;
const valid = '{type: OpenAICompatible, baseURL: "https://api.example.com/v1", models: [{name: m}]}';
const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from('bcdefghi')
  .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join()}]`)
  .join('\n')}`;

/** Each line: what is sent to create a Provider, the status, and what the message names. */
test.each<[string, string | Buffer, string, number, RegExp]>([
  ['malformed YAML', 'a: [1', 'application/yaml', 400, /line 1: not YAML/],
  ['malformed JSON', '{"a": 1,}', 'application/json', 400, /line 1: a string in double quotes expected/],
  ['an empty body', '', 'application/json', 400, /the JSON ends early/],
  ['two documents', `${yaml(valid)}---\n${yaml(valid)}`, 'application/yaml', 400, /one document expected, 2 found/],
  ['a list', '[]', 'application/json', 400, /must be one Provider object/],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'application/json', 400, /not valid UTF-8/],
  [
    'a duplicate key in YAML',
    yaml('{type: OpenAI, type: Gemini}'),
    'application/yaml',
    400,
    /line 4, spec\.type: duplicate key/,
  ],
  ['a duplicate key in JSON', '{"kind": "a", "kind": "b"}', 'application/json', 400, /line 1, kind: duplicate key/],
  [
    '__proto__',
    '{"spec": {"__proto__": {"x": 1}}}',
    'application/json',
    400,
    /spec\.__proto__: this key is not allowed/,
  ],
  ['an alias bomb', bomb, 'application/yaml', 400, /aliases/],
  ['a depth of 1,000', '['.repeat(1_000), 'application/json', 400, /nested deeper than 64/],
  [
    'a wrong type',
    yaml('{type: OpenAI, models: 7}'),
    'application/yaml',
    422,
    /spec\.models: Invalid value: must be a list/,
  ],
  [
    'a boolean for a name',
    yaml('{type: OpenAI, models: [{name: on}]}'),
    'application/yaml',
    422,
    /spec\.models\[0\]\.name: Invalid value: must be a string/,
  ],
  ['a missing field', yaml('{type: OpenAI}'), 'application/yaml', 422, /spec\.models: Required value/],
  [
    'an unknown value',
    yaml('{type: Nope, models: [{name: m}]}'),
    'application/yaml',
    422,
    /spec\.type: Unsupported value: must be one of OpenAI/,
  ],
  ['an unknown field', yaml('{type: OpenAI, colour: red}'), 'application/yaml', 400, /unknown field "spec\.colour"/],
  [
    'an unknown field of metadata',
    yaml(valid, '{name: bad, label: {}}'),
    'application/yaml',
    400,
    /unknown field "metadata\.label"/,
  ],
  [
    'another kind',
    '{"apiVersion": "v1", "kind": "Secret"}',
    'application/json',
    400,
    /expected signalbox\.dev\/v1 and Provider/,
  ],
  [
    'another namespace',
    yaml(valid, '{name: bad, namespace: other}'),
    'application/yaml',
    400,
    /metadata\.namespace: must be "default"/,
  ],
  [
    'a name with CR and LF',
    yaml(valid, '{name: "a\\r\\nX: y"}'),
    'application/yaml',
    422,
    /metadata\.name: Invalid value/,
  ],
  ['no name', yaml(valid, '{}'), 'application/yaml', 422, /metadata\.name: Required value/],
  [
    'a private address',
    yaml('{type: OpenAICompatible, baseURL: "https://10.0.0.1/v1", models: [{name: m}]}'),
    'application/yaml',
    422,
    /spec\.baseURL/,
  ],
  [
    'a loopback literal in another notation',
    yaml('{type: OpenAICompatible, baseURL: "https://0x7f000001/v1", models: [{name: m}]}'),
    'application/yaml',
    422,
    /spec\.baseURL/,
  ],
  ['another media type', '{}', 'text/html', 415, /must be application\/json or application\/yaml/],
  ['a malformed media type', '{}', 'nonsense', 415, /./],
])('%s is a clear error', async (_, body, type, status, message) => {
  const { status: got, body: answer } = await post(PROVIDERS, body, type);
  expect([got, answer.kind, answer.message]).toEqual([status, 'Status', expect.stringMatching(message)]);
});

test.each<[string, (key: string) => object]>([
  ['an unknown field', (key) => ({ ...provider('long'), [key]: 1 })],
  ['a label', (key) => provider('long', {}, { labels: { [key]: 'a' } })],
])('%s with a name of a megabyte is answered without it', async (_, make) => {
  const response = await server.fetch(PROVIDERS, { method: 'POST', body: make('x'.repeat(1_000_000)) });
  const text = await response.text();
  expect([400, 422]).toContain(response.status);
  expect(text).toContain('x'.repeat(400));
  expect(text.length).toBeLessThan(3_000);
});

test('a body over the limit is a 413', async () => {
  const huge = 'x'.repeat(3 * 1024 * 1024 + 1);
  expect(await post(PROVIDERS, huge)).toMatchObject({ status: 413, body: { reason: 'RequestEntityTooLarge' } });
  expect(await post('/apply', huge)).toMatchObject({ status: 413 });
});

test('a huge manifest under the limit is answered in bounded time', async () => {
  const { status, body } = await post('/apply', `a: 1\n---\n`.repeat(3_000));
  expect([status, body.message]).toEqual([400, expect.stringMatching(/more than 2000 documents/)]);
});

test.each<[string, RequestOptions]>([
  ['no token', { as: null }],
  ['an unknown token', { as: null, headers: { authorization: 'Bearer nope' } }],
  ['another scheme', { as: null, headers: { authorization: 'Basic YWRtaW46YWRtaW4=' } }],
])('%s is a 401 on every address, before the body counts', async (_, options) => {
  for (const path of [PROVIDERS, '/apply', '/metrics', '/audit', '/apis', '/nowhere']) {
    const { status, body, headers } = await server.call(path, options);
    expect([path, status, body.reason, headers.get('www-authenticate')]).toEqual([path, 401, 'Unauthorized', 'Bearer']);
  }
  const huge = await post('/apply', 'x'.repeat(4 * 1024 * 1024), 'application/yaml', options).catch(() => undefined);
  // The server may close the connection while the body is still being sent.
  if (huge) expect(huge.status).toBe(401);
});

test.each<[string, string, string, number, string]>([
  ['an unknown address', 'GET', '/apis/signalbox.dev/v1/nopes', 404, 'NotFound'],
  ['an unknown group', 'GET', '/apis/example.com', 404, 'NotFound'],
  ['a method that the address lacks', 'PUT', PROVIDERS, 405, 'MethodNotAllowed'],
  ['create over all namespaces', 'POST', '/apis/signalbox.dev/v1/providers', 405, 'MethodNotAllowed'],
  ['delete of a status', 'DELETE', `${PROVIDERS}/x/status`, 405, 'MethodNotAllowed'],
  ['GET of /apply', 'GET', '/apply', 405, 'MethodNotAllowed'],
  ['a wrong dryRun', 'POST', `${PROVIDERS}?dryRun=Some`, 400, 'BadRequest'],
  ['a wrong fieldValidation', 'POST', `${PROVIDERS}?fieldValidation=Maybe`, 400, 'BadRequest'],
  ['a wrong limit', 'GET', `${PROVIDERS}?limit=-1`, 400, 'BadRequest'],
  ['a made-up continue token', 'GET', `${PROVIDERS}?continue=bm9wZQ`, 400, 'BadRequest'],
  ['a malformed label selector', 'GET', `${PROVIDERS}?labelSelector=a+in+b`, 400, 'BadRequest'],
  ['an unknown field selector', 'GET', `${PROVIDERS}?fieldSelector=spec.type=x`, 400, 'BadRequest'],
  ['a NUL in a name', 'GET', `${PROVIDERS}/a%00b`, 400, 'BadRequest'],
  ['a NUL in a filter', 'GET', '/audit?actor=a%00b', 400, 'BadRequest'],
  ['a percent sign that encodes nothing', 'GET', `${PROVIDERS}/%zz`, 400, 'BadRequest'],
])('%s: %s %s is %d %s', async (_, method, path, status, reason) => {
  const body = method === 'POST' ? provider('x') : undefined;
  expect(await server.call(path, { method, body })).toMatchObject({ status, body: { kind: 'Status', reason } });
});

test('an Accept header that nothing satisfies is a 406', async () => {
  expect(await server.call(PROVIDERS, { headers: { accept: 'text/html' } })).toMatchObject({
    status: 406,
    body: { reason: 'NotAcceptable' },
  });
});

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const unwritten = '/apis/signalbox.dev/v1/namespaces/default/providers/unwritten';
test.each<[string, string, string, Record<string, string>, number, RegExp]>([
  ['a misspelt dry run', 'POST', `${PROVIDERS}?dryrun=All`, {}, 400, /dryrun: a write has no such.*"dryRun"/],
  ['a dry run of /apply', 'POST', '/apply?dry-run=All', {}, 400, /dry-run: \/apply has no such.*"dryRun"/],
  ['a misspelt namespace of /apply', 'POST', '/apply?namespaces=shop', {}, 400, /namespaces: .*"namespace"/],
  ['two namespaces of /apply', 'POST', '/apply?namespace=default&namespace=shop', {}, 400, /more than once/],
  ['a misspelt dry run of a new encryption', 'POST', '/keys/reencrypt?dryrun=All', {}, 400, /"dryRun"/],
  ['a form that is not served', 'POST', PROVIDERS, { accept: 'text/html' }, 406, /only application\/json/],
  ['such a form of /apply', 'POST', '/apply', { accept: 'text/html' }, 406, /only application\/json/],
  [
    'rows with nothing that there is',
    'POST',
    `${PROVIDERS}?includeObject=All`,
    { accept: table },
    400,
    /includeObject/,
  ],
])('%s: %s %s writes nothing', async (_, method, path, headers, status, message) => {
  const answered = await server.call(path, {
    method,
    body: provider('unwritten'),
    headers: { 'content-type': 'application/json', ...headers },
  });
  expect(answered).toMatchObject({ status, body: { message: expect.stringMatching(message) } });
  expect((await server.call(unwritten)).status).toBe(404);
});

test.each<[string, string, string, Record<string, string>]>([
  [
    'PATCH',
    '?includeObject=All',
    '{"metadata":{"labels":{"a":"b"}}}',
    { 'content-type': 'application/merge-patch+json', accept: table },
  ],
  ['PATCH', '?dryrun=All', '{"metadata":{"labels":{"a":"b"}}}', { 'content-type': 'application/merge-patch+json' }],
  [
    'PATCH',
    '',
    '{"metadata":{"labels":{"a":"b"}}}',
    { 'content-type': 'application/merge-patch+json', accept: 'text/html' },
  ],
  ['DELETE', '', '', { accept: 'text/html' }],
  ['DELETE', '?includeObject=All', '', { accept: table }],
])('a %s%s that cannot be answered or is misspelt changes nothing', async (method, query, body, headers) => {
  const name = `kept-${method.toLowerCase()}${query.length}`;
  const { body: before } = await server.call(SECRETS, { method: 'POST', body: secret(name) });
  const { status } = await server.call(`${SECRETS}/${name}${query}`, { method, headers, ...(body && { body }) });
  expect([400, 406]).toContain(status);
  expect((await server.call(`${SECRETS}/${name}`)).body).toEqual(before);
});

test.each<[string, object, number, RegExp]>([
  ['takes all metadata away', { metadata: null }, 422, /metadata: Required value/],
  ['takes the name away', { metadata: { name: null } }, 422, /metadata\.name: Required value/],
  ['renames', { metadata: { name: 'other' } }, 400, /metadata\.name/],
  ['makes the name a number', { metadata: { name: 7 } }, 422, /metadata\.name: Invalid value/],
])('a patch that %s is refused', async (_, patch, code, message) => {
  await server.call(PROVIDERS, { method: 'POST', body: provider('patched') });
  const answer = await server.call(`${PROVIDERS}/patched`, {
    method: 'PATCH',
    body: JSON.stringify(patch),
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  expect(answer).toMatchObject({ status: code, body: { kind: 'Status', message: expect.stringMatching(message) } });
});

test('a name that is no text is refused by a Status that typed clients can read', async () => {
  const { status, body } = await server.call(PROVIDERS, { method: 'POST', body: provider('', {}, { name: true }) });
  expect([status, body.details]).toEqual([422, expect.not.objectContaining({ name: expect.anything() })]);
});

test('a delete whose safeguards are misspelt deletes nothing', async () => {
  await server.call(PROVIDERS, { method: 'POST', body: provider('spared') });
  for (const body of [{ dryRun: 'All' }, { dryRun: true }, { preconditions: { uid: 7 } }, { preconditions: 'x' }]) {
    expect(await server.call(`${PROVIDERS}/spared`, { method: 'DELETE', body })).toMatchObject({ status: 400 });
  }
  expect((await server.call(`${PROVIDERS}/spared`)).status).toBe(200);
});

test('an object to be created has no resourceVersion yet', async () => {
  const { status, body } = await server.call(PROVIDERS, {
    method: 'POST',
    body: provider('read-elsewhere', {}, { resourceVersion: '7' }),
  });
  expect([status, body.message]).toEqual([400, expect.stringContaining('metadata.resourceVersion')]);
});

test('a compressed body is a 415', async () => {
  const { status } = await server.call(PROVIDERS, {
    method: 'POST',
    body: 'x',
    headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' },
  });
  expect(status).toBe(415);
});

test.each([
  ['a header with a bare CR', 'GET /livez HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n', 400],
  ['a header with NUL', 'GET /livez HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n', 400],
  ['headers over the limit', `GET /livez HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`, 431],
  ['two lengths', 'POST /apply HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400],
  ['nonsense', '\0\0\0\r\n\r\n', 400],
])('%s is refused by a Status and hurts nobody', async (_, bytes, code) => {
  const { hostname, port } = new URL(server.url);
  // In a variable: Node's types don't know `allowHalfOpen` here.
  const options = { host: hostname, port: Number(port), ca: server.caCertificate, allowHalfOpen: true };
  const socket = connect(options);
  await once(socket, 'secureConnect');
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  socket.write(bytes);
  await once(socket, 'end');
  // Who is still sending isn't reset, which could overtake the answer: `once` rejects on that.
  const closed = once(socket, 'close');
  socket.end('a'.repeat(1_000_000));
  await closed;
  expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `));
  expect(JSON.parse(received.split('\r\n\r\n')[1] ?? '')).toMatchObject({ kind: 'Status', code });
  expect((await server.fetch('/livez', { as: null })).status).toBe(200);
});

test('a refused secret is repeated nowhere', async () => {
  const canary = 'sk-canary-0123456789abcdef';
  const answers = [
    await server.call(SECRETS, { method: 'POST', body: secret('bad', { data: { key: canary } }) }),
    await server.call(SECRETS, { method: 'POST', body: secret('Bad Name', { stringData: { key: canary } }) }),
    await server.call(SECRETS, { method: 'POST', body: secret('bad', { stringData: { key: [canary] } }) }),
    await post(
      '/apply',
      `apiVersion: v1\nkind: Secret\nmetadata: {name: bad}\nstringData: {"${'x'.repeat(300)}": ${canary}}`,
    ),
    await server.call(PROVIDERS, { as: null, headers: { authorization: `Bearer ${canary}` } }),
  ];
  for (const { status, body } of answers) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(JSON.stringify(body)).not.toContain(canary);
  }
});

test('the server still serves after all that', async () => {
  const { status } = await server.call(PROVIDERS, { method: 'POST', body: provider('fine') });
  expect(status).toBe(201);
});

test('of a user agent the audit keeps the beginning', async () => {
  const headers = { 'user-agent': `curl ${'x'.repeat(20_000)}`, 'content-type': 'application/json' };
  const body = secret('by-a-long-agent');
  expect((await server.call(SECRETS, { method: 'POST', body, headers })).status).toBe(201);
  const [row] = (await server.call('/audit?kind=Secret&name=by-a-long-agent')).body.items;
  expect(row?.['userAgent']).toBe(`curl ${'x'.repeat(251)}`);
});
