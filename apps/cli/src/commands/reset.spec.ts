import { exitCodes } from '../cli-error.js';
import { againstScriptedServer } from '../testing/against-scripted-server.js';

const cli = againstScriptedServer();
const BREAKER = '/apis/signalbox.dev/v1/namespaces/default/providers/openai/reset';
const COOLDOWN = '/apis/signalbox.dev/v1/namespaces/team/keypools/main/reset';

const answered = (dataPlanes: Record<string, string>) => ({
  status: 201,
  body: {
    apiVersion: 'signalbox.dev/v1',
    kind: 'Reset',
    status: { dataPlanes: Object.entries(dataPlanes).map(([name, result]) => ({ name, result, message: 'why' })) },
  },
});
const sent = () =>
  cli.server.requests.map(({ path, query, body }) => ({ path, query, body: JSON.parse(body) as unknown }));

test('a breaker, of a model whose name has slashes', async () => {
  cli.server.on(`POST ${BREAKER}`, answered({ 'edge-1': 'Reset', 'edge-2': 'Unchanged', 'edge-3': 'Unknown' }));
  const { code, out } = await cli.run(['reset', 'breaker', 'openai/meta/llama']);
  expect(sent()).toEqual([
    {
      path: BREAKER,
      query: {},
      body: { apiVersion: 'signalbox.dev/v1', kind: 'Reset', spec: { model: 'meta/llama' } },
    },
  ]);
  expect(code).toBe(exitCodes.ok);
  expect(out).toMatch(/^DATA PLANE +BREAKER +RESULT +MESSAGE$/m);
  expect(out).toMatch(/^edge-1 +openai\/meta\/llama +reset +why$/m);
  expect(out).toMatch(/^edge-2 +openai\/meta\/llama +acknowledged +why$/m);
  expect(out).toMatch(/^edge-3 +openai\/meta\/llama +unknown breaker +why$/m);
});

test('several pauses, in a namespace, at one data plane, in a dry run', async () => {
  cli.server.on(`POST ${COOLDOWN}`, answered({ 'edge-1': 'NotAsked' }));
  const args = ['cooldown', 'main/a', 'main/b', '-n', 'team', '--data-plane', 'edge-1', '--dry-run'];
  const { code, out } = await cli.run(['reset', ...args]);
  expect(code).toBe(exitCodes.ok);
  expect(sent().map(({ query, body }) => [query, (body as { spec: unknown }).spec])).toEqual([
    [{ dryRun: 'All' }, { key: 'a', dataPlane: 'edge-1' }],
    [{ dryRun: 'All' }, { key: 'b', dataPlane: 'edge-1' }],
  ]);
  expect(out).toContain('would be asked');
});

test.each<[string, Record<string, string>, number, RegExp]>([
  ['not connected', { a: 'Reset', b: 'NotConnected' }, exitCodes.notReady, /^b .* not connected +why$/m],
  ['timed out', { a: 'Reset', b: 'TimedOut' }, exitCodes.notReady, /^b .* timed out +why$/m],
  ['too old', { a: 'Reset', b: 'NotSupported' }, exitCodes.notReady, /^b .* does not support it +why$/m],
  ['failed', { a: 'Failed' }, exitCodes.notReady, /^a .* failed +why$/m],
  ['a result of a later release', { a: 'Postponed' }, exitCodes.notReady, /^a .* Postponed +why$/m],
  ['unknown everywhere', { a: 'Unknown', b: 'Unknown' }, exitCodes.notFound, /^a .* unknown breaker +why$/m],
])('the exit code says that a data plane is %s', async (_what, outcomes, expected, line) => {
  cli.server.on(`POST ${BREAKER}`, answered(outcomes));
  const { code, out } = await cli.run(['reset', 'breaker', 'openai/gpt-4o']);
  expect([code, line.test(out)]).toEqual([expected, true]);
});

test.each([
  ['breaker', 'team/openai/gpt-4o', 'If team is the namespace: signalbox reset breaker openai/gpt-4o -n team'],
  ['cooldown', 'team/main/a', 'If team is the namespace: signalbox reset cooldown main/a -n team'],
])('a %s as tables show it, with its namespace: how it is written here', async (what, place, hint) => {
  const { code, error } = await cli.run(['reset', what, place]);
  expect([code, error]).toEqual([exitCodes.notFound, expect.stringContaining(hint)]);
});

test('a place without a namespace gets no such hint', async () => {
  const { error } = await cli.run(['reset', 'breaker', 'openai/gpt-4o']);
  expect(error).not.toContain('namespace:');
});

test('without any data plane nothing was done', async () => {
  cli.server.on(`POST ${BREAKER}`, answered({}));
  const { code, error } = await cli.run(['reset', 'breaker', 'openai/gpt-4o']);
  expect([code, error]).toEqual([exitCodes.notReady, expect.stringContaining('No data plane is known')]);
});

test.each(['openai', '/gpt-4o', 'openai/'])('%j is no place', async (place) => {
  const { code, error } = await cli.run(['reset', 'breaker', place]);
  expect([code, error]).toEqual([exitCodes.usage, expect.stringContaining('is not of the form PROVIDER/MODEL')]);
  expect(sent()).toEqual([]);
});

test('the server’s refusal is shown as it is, and -o json as it answered', async () => {
  const { code } = await cli.run(['reset', 'cooldown', 'none/a', '-n', 'team']);
  expect(code).toBe(exitCodes.notFound);
  cli.server.on(`POST ${BREAKER}`, answered({ a: 'Reset' }));
  const { out } = await cli.run(['reset', 'breaker', 'openai/gpt-4o', '-o', 'json']);
  expect(JSON.parse(out)).toEqual(answered({ a: 'Reset' }).body);
});

test('-o json has what was done before a refusal', async () => {
  cli.server.on(`POST ${BREAKER}`, answered({ a: 'Reset' }));
  const { code, out } = await cli.run(['reset', 'breaker', 'openai/gpt-4o', 'none/gpt-4o', '-o', 'json']);
  expect(code).toBe(exitCodes.notFound);
  expect(JSON.parse(out)).toEqual([answered({ a: 'Reset' }).body]);
});
