import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { randomBytes } from 'node:crypto';
import { provider, type Role, RunningControlPlane, secret } from './running-control-plane.js';

const columns: readonly (Role | null)[] = ['admin', 'editor', 'viewer', 'data-plane', 'stranger', null];

interface Line {
  readonly text: string;
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly codes: readonly number[];
  /** Verb, resource, namespace, name. */
  readonly question?: readonly string[];
}

const lines = readFileSync(new URL('testdata/permissions.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((text) => text !== '' && !text.startsWith('#'))
  .map(parse);

function parse(text: string): Line {
  const [left = '', right] = text.split('|');
  const match = /^([A-Z]+) +(\/\S*)(?: +< ([a-z-]+))? +([\d ]+?) *$/.exec(left);
  if (!match) throw new Error(`not a line of the table: ${text}`);
  const [, method = '', path = '', body, codes = ''] = match;
  const question = right?.trim().split(/ +/);
  return {
    text: left.trim().replaceAll(/ +/g, ' '),
    method,
    path,
    body,
    codes: codes.split(' ').map(Number),
    question,
  };
}

let server: RunningControlPlane;
let before: unknown;
beforeAll(async () => {
  server = await RunningControlPlane.start();
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { tenant: 'shop' } } };
  await make('/api/v1/namespaces', namespace);
  await make('/apis/signalbox.dev/v1/namespaces/shop/providers', provider('alpha'));
  await make('/api/v1/namespaces/shop/secrets', secret('keys', { stringData: { main: 'x' } }));
  before = await everything();
});
afterAll(() => server.stop());

const make = async (path: string, body: unknown): Promise<void> => {
  expect((await server.call(path, { method: 'POST', body })).status).toBe(201);
};
/** What must be there still when all is done. Status comes and goes with the compile, and is left out. */
const everything = async (): Promise<unknown> =>
  Promise.all(
    ['/api/v1/namespaces', '/api/v1/secrets', '/apis/signalbox.dev/v1/providers'].map(async (path) =>
      (await server.call(path)).body.items.map(({ kind, metadata: { name, uid, generation } }) => ({
        kind,
        name,
        uid,
        generation,
      })),
    ),
  );

const systemSecret = (name: string, namespace: string) =>
  secret(name, { type: 'signalbox.dev/system', stringData: { certificate: 'mine' } }, { namespace });
const bodies: Readonly<Record<string, unknown>> = {
  provider: provider('new'),
  'empty-namespace': provider('new', {}, { namespace: '' }),
  'capital-namespace': provider('new', {}, { namespace: 'Signalbox-System' }),
  'provider-in-system': provider('new', {}, { namespace: 'signalbox-system' }),
  'label-on-system': {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'signalbox-system', labels: { a: 'b' } },
  },
  'system-namespace': { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'signalbox-system' } },
  'ca-replaced': systemSecret('signalbox-ca', 'signalbox-system'),
  'system-type': systemSecret('mine', 'shop'),
  'secret-of-system-type': systemSecret('mine', 'shop'),
  'data-plane': { apiVersion: 'signalbox.dev/v1', kind: 'DataPlane', metadata: { name: 'mine' } },
  insecure: { spec: { allowInsecure: true, baseURL: 'http://api.example.com/v1' } },
  reset: { spec: { model: 'm' } },
  data: { data: { certificate: 'bWluZQ==' } },
  opaque: { type: 'Opaque' },
};
const news: readonly (readonly [RegExp, unknown])[] = [
  [/\/providers$/, provider('new')],
  [/\/secrets$/, secret('new')],
  [/\/namespaces$/, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'new' } }],
  [/\/dataplanes$/, bodies['data-plane']],
  [/\/selfsubjectreviews/, { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }],
  [/\/selfsubjectaccessreviews/, accessReview({ nonResourceAttributes: { verb: 'get', path: '/' } })],
  [/\/selfsubjectrulesreviews/, rulesReview('default')],
];

function accessReview(spec: object) {
  return { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec };
}
function rulesReview(namespace: string) {
  return { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
}

/** What the line names, what fits its address, or for a replacement what is stored there. */
async function bodyOf({ method, path, body }: Line): Promise<unknown> {
  if (body !== undefined) return bodies[body];
  if (method === 'PATCH') return {};
  if (method === 'POST') return news.find(([pattern]) => pattern.test(path))?.[1];
  return method === 'PUT' ? (await server.call(path)).body : undefined;
}

/** Over a plain client: fetch and its kin tidy paths up before they send them. Watches are left as soon as they answer. */
async function send(role: Role | null, { method, path }: Line, body: unknown): Promise<number> {
  const upgrade = method === 'UPGRADE';
  const reads = upgrade || method === 'GET' || method === 'HEAD';
  const { hostname, port } = new URL(server.url);
  const request = httpsRequest({
    hostname,
    port,
    ca: server.caCertificate,
    agent: false,
    method: upgrade ? 'GET' : method,
    path: reads ? path : `${path}${path.includes('?') ? '&' : '?'}dryRun=All`,
    headers: {
      ...(role && { authorization: `Bearer ${server.tokens[role]}` }),
      ...(body !== undefined && {
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      }),
      ...(upgrade && {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
      }),
    },
  });
  request.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await Promise.race([once(request, 'response'), once(request, 'upgrade')])) as [IncomingMessage];
  response.socket.destroy();
  return response.statusCode!;
}

test('the table has a row for every role, 400 and more', () => {
  expect(lines.filter(({ codes }) => codes.length !== columns.length)).toEqual([]);
  expect(lines.length * columns.length).toBeGreaterThanOrEqual(400);
  expect(new Set(lines.map(({ text }) => text)).size).toBe(lines.length);
});

test.each(lines)('$text', async (line) => {
  const body = await bodyOf(line);
  expect(await Promise.all(columns.map((role) => send(role, line, body)))).toEqual(line.codes);
});

const asked = lines.filter((line): line is Line & { question: string[] } => line.question !== undefined);
const isPath = ({ question: [, what = ''] }: { question: readonly string[] }): boolean => what.startsWith('/');
const [questions, pathQuestions] = [asked.filter((line) => !isPath(line)), asked.filter(isPath)];

test.each(questions)('can-i $question', async ({ question, codes }) => {
  const [verb = '', what = '', where = '', name] = question;
  const [, resource, group = '', subresource] = /^([a-z]+)(?:\.([a-z.]+))?(?:\/([a-z]+))?$/.exec(what)!;
  const namespace = ['*', '-'].includes(where) ? '' : where;
  const resourceAttributes = { verb, group, resource, subresource, namespace, name };
  const told = columns.slice(0, -1).map(async (as) => {
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const { body } = await server.call(path, { method: 'POST', body: accessReview({ resourceAttributes }), as });
    return (body.status as { allowed: boolean }).allowed;
  });
  expect(await Promise.all(told)).toEqual(codes.slice(0, -1).map((code) => code !== 403));
});

test.each(pathQuestions)('can-i $question, and can-i --list', async ({ question: [verb = '', path = ''], codes }) => {
  const told = columns.slice(0, -1).map(async (as) => {
    const ask = (kind: string, body: object) =>
      server.call(`/apis/authorization.k8s.io/v1/${kind}`, { method: 'POST', body, as });
    const access = await ask('selfsubjectaccessreviews', accessReview({ nonResourceAttributes: { verb, path } }));
    const rules = await ask('selfsubjectrulesreviews', rulesReview('default'));
    const { nonResourceRules } = rules.body.status as {
      nonResourceRules: Record<'verbs' | 'nonResourceURLs', string[]>[];
    };
    return [
      (access.body.status as { allowed: boolean }).allowed,
      nonResourceRules.some(({ verbs, nonResourceURLs }) => verbs.includes(verb) && nonResourceURLs.includes(path)),
    ];
  });
  expect(await Promise.all(told)).toEqual(codes.slice(0, -1).map((code) => [code !== 403, code !== 403]));
});

/** `kubectl auth can-i --list`: rules for single names are not among it, nor is what holds in all namespaces. */
test.each(questions.filter(({ question: [, , where, name] }) => where !== '*' && name === undefined))(
  'can-i --list says so: $question',
  async ({ question: [verb = '', what = '', where = ''], codes }) => {
    const [type = '', subresource] = what.split('/');
    const [name = '', ...group] = type.split('.');
    const plural = subresource === undefined ? name : `${name}/${subresource}`;
    const told = columns.slice(0, -1).map(async (as) => {
      const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
      const review = rulesReview(where === '-' ? 'default' : where);
      const { body } = await server.call(path, { method: 'POST', body: review, as });
      const { resourceRules } = body.status as {
        resourceRules: Record<'verbs' | 'apiGroups' | 'resources', string[]>[];
      };
      return resourceRules.some(
        ({ verbs, apiGroups, resources }) =>
          verbs.includes(verb) && apiGroups.includes(group.join('.')) && resources.includes(plural),
      );
    });
    expect(await Promise.all(told)).toEqual(codes.slice(0, -1).map((code) => code !== 403));
  },
);

test('after all of it everything is as it was', async () => {
  expect(await everything()).toEqual(before);
});

test('a refusal names the segment and the way out', async () => {
  const message = async (path: string, method = 'DELETE'): Promise<string> =>
    (await server.call(path, { method })).body.message;
  expect(await message('/api/v1/namespaces//secrets')).toBe(
    'the path has an empty segment after "namespaces": give the name of a namespace; for all namespaces leave ' +
      '"namespaces/" out, where the method allows that',
  );
  expect(await message('/api/v1/namespaces/shop/secrets/')).toMatch(/^the path has an empty segment after "secrets": /);
  expect(await message('/api/v1/namespaces/a%2Fb/secrets')).toMatch(
    /^the path has the escaped segment "a%2Fb" after "namespaces": /,
  );
  expect(await message('/api/v1/namespaces/Shop/secrets')).toMatch(/no name of a namespace .* but "Shop"/);
});

test.each(['Impersonate-User', 'impersonate-group', 'Impersonate-Extra-scopes'])(
  'who asks by %s to be taken for somebody else is not served as themselves',
  async (header) => {
    const headers = { [header]: 'viewer' };
    const { status, body } = await server.call('/api/v1/namespaces/shop/secrets/keys', { method: 'DELETE', headers });
    expect([status, body.message]).toEqual([403, expect.stringContaining('which is not served')]);
    expect((await server.call('/version', { headers })).status).toBe(403);
  },
);

test('the Secrets that the control plane made for itself say how they are replaced', async () => {
  const { status, body } = await server.call('/api/v1/namespaces/signalbox-system/secrets/signalbox-ca', {
    method: 'DELETE',
  });
  expect([status, body.message]).toEqual([
    403,
    'secrets "signalbox-ca" is forbidden: the control plane made this Secret for itself, so it is not deleted by hand; ' +
      'docs/production.md says how it is replaced',
  ]);
});
