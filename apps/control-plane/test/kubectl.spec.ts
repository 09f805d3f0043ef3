import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '#libs/testing';
import { kubectl, type KubectlResult, resolveKubectl } from './kubectl.js';
import { RunningControlPlane } from './running-control-plane.js';

let server: RunningControlPlane;
let binary: string;
beforeAll(async () => {
  binary = resolveKubectl();
  server = await RunningControlPlane.start();
}, 180_000);
afterAll(() => server.stop());

const run = (
  args: string,
  options: { input?: string; environment?: Record<string, string> } = {},
): Promise<KubectlResult> => kubectl(binary, join(server.directory, 'kubeconfig'), args.split(' '), options);
const manifest = (model: string): string => `apiVersion: signalbox.dev/v1
kind: Provider
metadata: {name: alpha}
spec: {type: OpenAICompatible, baseURL: "https://api.example.com/v1", models: [{name: ${model}}]}
`;
const ok = (stdout: string | RegExp) => ({
  code: 0,
  stdout: typeof stdout === 'string' ? stdout : expect.stringMatching(stdout),
});

/** The stock kubectl against a fresh control plane, in the order in which a person would use it. */
test('kubectl version and api-resources know the server', async () => {
  expect(await run('version')).toMatchObject(ok(/Server Version: v1\.\d+\.0\+signalbox-/));
  expect(await run('api-resources')).toMatchObject(ok(/providers +prov +signalbox\.dev\/v1 +true +Provider/));
});

test('kubectl apply creates, tells what is unchanged, and configures', async () => {
  const apply = (model: string) => run('apply -f -', { input: manifest(model) });
  expect(await apply('m')).toMatchObject({ ...ok('provider.signalbox.dev/alpha created\n'), stderr: '' });
  expect(await apply('m')).toMatchObject(ok('provider.signalbox.dev/alpha unchanged\n'));
  const diff = await run('diff -f -', { input: manifest('other') });
  expect([diff.code, diff.stdout]).toEqual([1, expect.stringMatching(/^-.*name: m$[\s\S]*^\+.*name: other$/m)]);
  expect(await apply('other')).toMatchObject(ok('provider.signalbox.dev/alpha configured\n'));
});

test('kubectl get prints tables, wide ones, YAML, JSON paths and names', async () => {
  expect(await run('get providers')).toMatchObject(ok(/^NAME +TYPE .*AGE\nalpha +OpenAICompatible/));
  expect(await run('get prov -A -o wide')).toMatchObject(ok(/^NAMESPACE +NAME .*REASON.*\ndefault +alpha/));
  expect(await run('get provider alpha -o yaml')).toMatchObject(
    ok(/spec:\n {2}baseURL: https:\/\/api\.example\.com\/v1/),
  );
  expect(await run('get provider alpha -o jsonpath={.spec.models[0].name}')).toMatchObject(ok('other'));
  expect(await run('get signalbox -o name')).toMatchObject(ok(/^provider\.signalbox\.dev\/alpha$/m));
  expect(await run('get provider absent')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('"absent" not found'),
  });
});

test('kubectl edit, label and annotate change it', async () => {
  expect(await run('label provider alpha tier=gold')).toMatchObject(ok(/labeled/));
  expect(await run('annotate provider alpha note=x')).toMatchObject(ok(/annotated/));
  expect(await run('get providers -l tier=gold -o name')).toMatchObject(ok('provider.signalbox.dev/alpha\n'));
  const environment = { KUBE_EDITOR: 'sed -i s/example.com/example.org/' };
  expect(await run('edit provider alpha', { environment })).toMatchObject(ok(/edited/));
  expect(await run('patch provider alpha --type=merge -p {"spec":{"baseURL":"https://x.example"}}')).toMatchObject(
    ok(/patched/),
  );
});

test('kubectl describe and explain read it', async () => {
  expect(await run('describe provider alpha')).toMatchObject(ok(/Base URL: +https:\/\/x\.example/));
  expect(await run('explain provider.spec.models')).toMatchObject(ok(/name\t<string> -required-/));
});

test('an unknown field is an error that names it', async () => {
  const input = manifest('m').replace('type:', 'typo: 1, type:');
  expect(await run('apply -f -', { input })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('unknown field "spec.typo"'),
  });
});

test('a kind that does not exist is one that nothing matches', async () => {
  for (const [version, kind] of [
    ['signalbox.dev/v1', 'Provide'],
    ['nope.example/v1', 'Widget'],
    ['v1', 'Sekret'],
  ] as const) {
    const input = `apiVersion: ${version}\nkind: ${kind}\nmetadata: {name: a}\n`;
    for (const verb of ['apply', 'create']) {
      const { code, stderr } = await run(`${verb} -f -`, { input });
      expect([code, stderr]).toEqual([
        1,
        `error: resource mapping not found for name: "a" namespace: "" from "STDIN": no matches for kind "${kind}" in version "${version}"\nensure CRDs are installed first\n`,
      ]);
    }
  }
});

test('kubectl get all shows what is in a namespace', async () => {
  expect(await run('get all -o name')).toMatchObject(ok(/^provider\.signalbox\.dev\/alpha$/m));
});

test('kubectl describe survives owners, and the raw health address answers', async () => {
  const owner = '{"apiVersion":"v1","kind":"Secret","name":"a","uid":"b"}';
  expect(await run(`patch provider alpha --type=merge -p {"metadata":{"ownerReferences":"x"}}`)).toMatchObject({
    code: 1,
  });
  expect(await run(`patch provider alpha --type=merge -p {"metadata":{"ownerReferences":[${owner}]}}`)).toMatchObject(
    ok(/patched/),
  );
  expect(await run('describe provider alpha')).toMatchObject(ok(/Owner References:/));
  expect(await run('get --raw /healthz')).toMatchObject(ok('ok'));
});

test('kubectl wait sees a condition', async () => {
  expect(await run('wait --for=condition=Accepted provider/alpha --timeout=20s')).toMatchObject(ok(/condition met/));
  const waiting = run('wait --for=condition=Test provider/alpha --timeout=20s');
  const told = { type: 'Test', status: 'True', reason: 'Test', message: 'Tested.', observedGeneration: 9 };
  const condition = JSON.stringify({ ...told, lastTransitionTime: '2026-01-31T12:00:00Z' });
  await run(`patch provider alpha --subresource=status --type=merge -p {"status":{"conditions":[${condition}]}}`);
  expect(await waiting).toMatchObject(ok(/condition met/));
});

test('kubectl get --watch prints changes as they come', async () => {
  const environment = { KUBECONFIG: join(server.directory, 'kubeconfig'), HOME: server.directory };
  const child = spawn(binary, ['get', 'namespaces', '--watch', '--no-headers'], { env: environment, stdio: 'pipe' });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  try {
    await eventually(() => printed.includes('default'));
    await run('apply -f -', { input: 'apiVersion: v1\nkind: Namespace\nmetadata: {name: watched}\n' });
    await eventually(() => /^watched +Active/m.test(printed));
  } finally {
    child.kill();
  }
});

test('secrets are applied and never shown', async () => {
  const input = 'apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {main: hunter2}\n';
  expect(await run('apply -f -', { input })).toMatchObject(ok('secret/keys created\n'));
  const read = await run('get secret keys -o yaml');
  expect(read.stdout).not.toMatch(/hunter2|aHVudGVyMg/);
  expect(await run('replace -f -', { input: read.stdout })).toMatchObject(ok(/replaced/));
  expect(await run('describe secret keys')).toMatchObject(ok(/main: +\d+ bytes/));
});

test('namespaces come and go with what is in them', async () => {
  expect(await run('apply -f -', { input: 'apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n' })).toMatchObject(
    ok('namespace/team created\n'),
  );
  expect(await run('apply -n team -f -', { input: manifest('m') })).toMatchObject(ok(/created/));
  expect(await run('delete namespace team --dry-run=server')).toMatchObject({
    ...ok(/deleted \(server dry run\)/),
    stderr: expect.stringContaining('Warning: with namespace "team" goes: providers.signalbox.dev: 1 (alpha)'),
  });
  expect(await run('delete namespace team --timeout=20s')).toMatchObject(ok(/deleted/));
  expect((await run('get namespace team')).code).toBe(1);
  expect(await run('get providers -n team')).toMatchObject({ code: 0, stdout: '' });
});

test('kubectl create, auth whoami and auth can-i speak protobuf and are understood', async () => {
  expect(await run('create namespace proto')).toMatchObject(ok('namespace/proto created\n'));
  expect(await run('create secret generic literal --from-literal=key=hunter4 -n proto')).toMatchObject(
    ok('secret/literal created\n'),
  );
  expect(await run('get secret literal -n proto')).toMatchObject(ok(/literal +Opaque +1/));
  expect(await run('auth whoami')).toMatchObject(ok(/Username +admin/));
  expect(await run('auth can-i create providers')).toMatchObject(ok('yes\n'));
  expect(await run('auth can-i --list')).toMatchObject(ok(/providers\.signalbox\.dev +\[\] +\[\] +\[create delete/));
});

test('the kubeconfig works by its token alone, and takes up a token that its file holds since', async () => {
  const written = readFileSync(join(server.directory, 'kubeconfig'), 'utf8');
  const config = JSON.parse(written) as { users: { user: { token?: string; tokenFile?: string } }[] };
  const { user } = config.users[0]!;
  const whoami = (as: typeof user) => {
    const file = join(server.directory, 'kubeconfig-copy');
    writeFileSync(file, JSON.stringify({ ...config, users: [{ name: 'admin', user: as }] }), { mode: 0o600 });
    return kubectl(binary, file, ['auth', 'whoami']);
  };
  expect(await whoami({ token: user.token })).toMatchObject(ok(/Username +admin/));
  expect(await whoami({ ...user, token: 'rotated-away' })).toMatchObject(ok(/Username +admin/));
  expect(await whoami({ token: 'rotated-away' })).toMatchObject({ code: 1 });
});

test('kubectl delete waits until it is gone', async () => {
  expect(await run('delete provider alpha')).toMatchObject(ok(/deleted/));
  expect((await run('get provider alpha')).code).toBe(1);
  expect(await run('delete providers --all')).toMatchObject({ code: 0 });
});
