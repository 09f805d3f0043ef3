import { join } from 'node:path';
import { kubectl, resolveKubectl } from './kubectl.js';
import { PROVIDERS, provider, RunningControlPlane, secret, SECRETS } from './running-control-plane.js';

let server: RunningControlPlane;
let binary: string;
beforeAll(async () => {
  binary = resolveKubectl();
  server = await RunningControlPlane.start();
}, 180_000);
afterAll(() => server.stop());

const KEY_POOLS = '/apis/signalbox.dev/v1/namespaces/default/keypools';
const pool = (name: string, to: string, entry = 'main') => ({
  apiVersion: 'signalbox.dev/v1',
  kind: 'KeyPool',
  metadata: { name },
  spec: { providerRef: { name: to }, keys: [{ name: 'k', valueFrom: { secretKeyRef: { name: 'keys', key: entry } } }] },
});
const route = (name: string, keyPool: string, model = 'm') => ({
  apiVersion: 'signalbox.dev/v1',
  kind: 'RoutePolicy',
  metadata: { name },
  spec: { models: [name], rules: [{ name: 'all', backendRefs: [{ keyPoolRef: { name: keyPool }, model }] }] },
});

/** The texts of the `Warning` headers of one request. */
async function warned(path: string, method: string, body?: unknown, contentType = 'application/json') {
  const answer = await server.call(path, {
    method,
    body: body && JSON.stringify(body),
    headers: { 'content-type': contentType },
  });
  const texts = [...(answer.headers.get('warning') ?? '').matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)];
  return { status: answer.status, warnings: texts.map(([, text]) => text!.replaceAll('\\', '')), body: answer.body };
}
const apply = (query: string, ...objects: object[]) =>
  warned(`/apply${query}`, 'POST', { apiVersion: 'v1', kind: 'List', items: objects });

test('what comes together, in any order, is warned of by nothing', async () => {
  const { status, warnings } = await apply(
    '',
    route('chat', 'main'),
    pool('main', 'alpha'),
    secret('keys', { stringData: { main: 'hunter2' } }),
    provider('alpha'),
  );
  expect([status, warnings]).toEqual([200, []]);
});

test('one after the other, as kubectl applies, neither, though the cache may not have seen the first yet', async () => {
  for (const name of ['b', 'c', 'd', 'e']) {
    expect(await warned(PROVIDERS, 'POST', provider(`alpha-${name}`))).toMatchObject({ status: 201, warnings: [] });
    expect(await warned(KEY_POOLS, 'POST', pool(`pool-${name}`, `alpha-${name}`))).toMatchObject({
      status: 201,
      warnings: [],
    });
  }
});

test.each([
  ['a create', KEY_POOLS, 'POST', pool('typo', 'alhpa'), 'application/json'],
  ['a dry run', `${KEY_POOLS}?dryRun=All`, 'POST', pool('other', 'alhpa'), 'application/json'],
  ['a patch', `${KEY_POOLS}/typo`, 'PATCH', { metadata: { labels: { a: 'b' } } }, 'application/merge-patch+json'],
])('%s with a reference that goes nowhere is warned of, with the nearest name', async (_, path, method, body, type) => {
  expect((await warned(path, method, body, type)).warnings).toEqual([
    'spec.providerRef.name: there is no Provider default/alhpa; did you mean "alpha"?',
  ]);
});

test('an apply says it of each document, in its body too', async () => {
  const { warnings, body } = await apply('?dryRun=All', route('r', 'main'), route('s', 'mian'));
  expect(warnings).toEqual([
    'the body, items[1]: spec.rules[0].backendRefs[0].keyPoolRef.name: there is no KeyPool default/mian; did you mean "main"?',
  ]);
  expect(body.objects.map((object) => object['warnings'])).toEqual([
    [],
    [expect.stringContaining('there is no KeyPool')],
  ]);
});

test('what takes the ground from others says from whom', async () => {
  const withoutModel = { spec: { models: [{ name: 'other' }] } };
  expect(
    (await warned(`${PROVIDERS}/alpha?dryRun=All`, 'PATCH', withoutModel, 'application/merge-patch+json')).warnings,
  ).toEqual(['RoutePolicy default/chat uses its model "m" (spec.rules[0].backendRefs[0].model), which is gone']);
  const users = ['main', 'pool-b', 'pool-c', 'pool-d', 'pool-e', 'typo'];
  const entry = await warned(
    `${SECRETS}/keys?dryRun=All`,
    'PATCH',
    { data: { main: null } },
    'application/merge-patch+json',
  );
  expect(entry.warnings).toEqual(
    users.map(
      (name) =>
        `KeyPool default/${name} uses its entry "main" (spec.keys[0].valueFrom.secretKeyRef.key), which is gone`,
    ),
  );
  const gone = await warned(`${SECRETS}/keys?dryRun=All`, 'DELETE');
  expect(gone.warnings).toEqual(
    users.map((name) => `KeyPool default/${name} refers to it (spec.keys[0].valueFrom.secretKeyRef.name)`),
  );
  expect(JSON.stringify([entry, gone])).not.toMatch(/hunter2|aHVudGVyMg/);
});

test('a collection is warned of once for each who refers to it', async () => {
  const { warnings } = await warned(`${PROVIDERS}?dryRun=All`, 'DELETE');
  expect(warnings).toHaveLength(5);
  expect(
    (await warned('/apis/signalbox.dev/v1/namespaces/default/routepolicies?dryRun=All', 'DELETE')).warnings,
  ).toEqual([]);
});

test('kubectl shows it', async () => {
  const run = (args: string) => kubectl(binary, join(server.directory, 'kubeconfig'), args.split(' '));
  expect(await run('delete keypool main')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('deleted'),
    stderr: 'Warning: RoutePolicy default/chat refers to it (spec.rules[0].backendRefs[0].keyPoolRef.name)\n',
  });
  expect(await run('delete routepolicy chat')).toMatchObject({ code: 0, stderr: '' });
});
