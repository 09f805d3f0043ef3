import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  checkout,
  createDatabase,
  documents,
  eventually,
  ManagedProcess,
  providerManifest,
  routeManifest,
  Stack,
} from '#libs/testing';
import { adminEnvironment, runSignalbox, signalboxProcess } from './support/run-signalbox.js';

let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start({ databaseUrl: await createDatabase() });
}, 120_000);
afterAll(() => stack?.stop());

const environment = () => adminEnvironment(stack);
/** One command of a person at a terminal. */
const signalbox = (...args: string[]) => runSignalbox(args, environment(), stack.directory);
const file = (name: string, text: string): string => {
  writeFileSync(join(stack.directory, name), text);
  return join(stack.directory, name);
};

test('apply --wait ends once every data plane serves it', async () => {
  const manifest = documents(providerManifest('alpha', stack.simulatorOrigin, ['sim-a']), routeManifest({ alpha: 1 }));
  const { code, output } = await signalbox('apply', '-f', file('all.yaml', manifest), '--wait');
  expect([code, output]).toEqual([0, expect.stringContaining('routepolicy/default/chat ready')]);
  for (const kind of ['providers', 'keypools', 'routepolicies']) {
    const { items } = await stack.admin.get<{ items: { status: { conditions: object[] } }[] }>(
      `/apis/signalbox.dev/v1/namespaces/default/${kind}`,
    );
    expect(items[0]!.status.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
  }
});

test('apply --wait of what can’t be served warns, says what is missing, and exits 5', async () => {
  const manifest = file('broken.yaml', `# a comment\n${routeManifest({ alhpa: 1 }, '', 'broken')}`);
  const { code, output } = await signalbox('apply', '-f', manifest, '--wait=3s');
  expect(code).toBe(5);
  expect(output).toContain(
    `Warning: ${manifest}:2: spec.rules[0].backendRefs[0].keyPoolRef.name: there is no KeyPool default/alhpa; did you mean "alpha"?`,
  );
  expect(output).toMatch(
    /^routepolicy\/default\/broken is not ready: BackendNotFound: .*KeyPool default\/alhpa doesn't exist/m,
  );
});

test('Ctrl-C ends the waiting with what is missing; what was applied stays', async () => {
  const manifest = file('waiting.yaml', routeManifest({ nowhere: 1 }, '', 'waiting'));
  const args = ['apply', '-f', manifest, '--wait=10m'];
  const cli = signalboxProcess(args, environment(), stack.directory);
  cli.start();
  await eventually(() => cli.output.includes('routepolicy/default/waiting created'), { deadlineMs: 30_000 });
  expect(await cli.end('SIGINT')).toBe(130);
  expect(cli.output).toContain('routepolicy/default/waiting is not ready: ');
  await stack.admin.get('/apis/signalbox.dev/v1/namespaces/default/routepolicies/waiting');
});

test('findings of all files stand under their files and lines', async () => {
  const one = file('one.yaml', routeManifest({ alpha: 1 }).replace('models:', 'colour: red\n  models:'));
  const two = file('two.yaml', `---\n\n${routeManifest({ alpha: 1 }, '  retry: {backoff: {base: 30}}\n', 'two')}`);
  const { code, output } = await signalbox('apply', '-f', one, '-f', two);
  expect(code).toBe(1);
  expect(output).toContain(`\n  ${one}:5: spec.colour: unknown field; known here: `);
  expect(output).toContain(
    `\n  ${two}:9: spec.retry.backoff.base: Invalid value: must be a duration with a unit, not a number: 30s, 30m or 30ms`,
  );
});

test('delete says who misses it', async () => {
  expect(await signalbox('delete', 'secret', 'alpha-keys', '--dry-run')).toEqual({
    code: 0,
    output:
      'Warning: KeyPool default/alpha refers to it (spec.keys[0].valueFrom.secretKeyRef.name)\n' +
      'secret/alpha-keys deleted (dry run)\n',
  });
});

test('what `consumer key` prints keeps everything that the consumer has when it is applied', async () => {
  const path = '/apis/signalbox.dev/v1/namespaces/default/consumers/red';
  type Consumer = { metadata: Record<string, unknown>; spec: { keys: { name: string; sha256: string }[] } };
  await stack.admin.apply(`apiVersion: signalbox.dev/v1
kind: Consumer
metadata: {name: red, namespace: default, labels: {team: "on"}, annotations: {note: "2001-01-01"}}
spec:
  keys: [{name: main, sha256: "${'0'.repeat(63)}1"}]
  enabled: false
  exposeRouting: true
  models: [chat, "y"]
  limits: {concurrency: 3}
`);
  const before = await stack.admin.get<Consumer>(path);
  const manifest = join(stack.directory, 'red.yaml');
  const command = `"${process.execPath}" "${join(checkout, 'dist/apps/cli/src/main.js')}" consumer key red --key-name next`;
  const shell = new ManagedProcess(
    'sh',
    ['/bin/sh', '-c', `${command} 2> "${manifest}" > "${manifest}.key"`],
    environment(),
    stack.directory,
  );
  shell.start();
  expect(await shell.untilEnded()).toBe(0);
  const key = readFileSync(`${manifest}.key`, 'utf8').trim();
  expect(key).toMatch(/^sbx_[0-9A-Za-z]{43}$/);
  expect(await signalbox('apply', '-f', manifest)).toMatchObject({
    code: 0,
    output: expect.stringMatching(/^consumer\/default\/red configured\n {2}\+ spec\.keys\[name=next\]\.name: next\n/),
  });
  const after = await stack.admin.get<Consumer>(path);
  expect(after.spec).toEqual({ ...before.spec, keys: [...before.spec.keys, after.spec.keys[1]] });
  expect(after.spec.keys[1]!.name).toBe('next');
  const { labels, annotations } = before.metadata;
  expect(after.metadata).toMatchObject({ labels, annotations });
});
