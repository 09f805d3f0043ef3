import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '../cli-error.js';
import { againstScriptedServer } from '../testing/against-scripted-server.js';
import type { Outcome } from '../testing/run-command.js';

const cli = againstScriptedServer();
const signalbox = (args: string[], options: { interrupted?: AbortSignal; stdin?: string } = {}): Promise<Outcome> =>
  cli.run(args, options);
const status = (code: number, reason: string, message: string, causes: object[] = []) => ({
  status: code,
  body: { kind: 'Status', status: 'Failure', code, reason, message, details: { causes } },
});
const route = {
  apiVersion: 'signalbox.dev/v1',
  kind: 'RoutePolicy',
  namespace: 'default',
  name: 'chat',
  result: 'configured',
  generation: 2,
  changes: [],
};
const routes = '/apis/signalbox.dev/v1/namespaces/default/routepolicies';
const applied = (...objects: object[]) => ({ body: { revision: 7, objects } });

describe('what the server says of many documents', () => {
  test('stands a line each, under the files they came from', async () => {
    const one = join(cli.folder, 'one.yaml');
    const two = join(cli.folder, 'two.yaml');
    writeFileSync(one, 'a: 1\n---\nb: 1\n');
    writeFileSync(two, '# routes\nc: 1\n');
    const causes = [
      { field: 'document 2, line 3: spec.type', message: 'Unsupported value: no' },
      { field: 'document 3, line 6: kind', message: 'there is no kind' },
    ];
    const message = `2 findings, so nothing was applied: [${causes.map((c) => `${c.field}: ${c.message}`).join(', ')}]`;
    cli.server.on('POST /apply', status(422, 'Invalid', message, causes));
    const { code, out, error } = await signalbox(['apply', '-f', one, '-f', two]);
    expect({ code, out }).toEqual({ code: exitCodes.failure, out: '' });
    expect(error).toBe(
      'Error from server (Invalid): 2 findings, so nothing was applied:\n' +
        `  ${one}:3: spec.type: Unsupported value: no\n` +
        `  ${two}:2: kind: there is no kind\n`,
    );
  });

  test('warnings come from the body, each with its file, and not a second time from the headers', async () => {
    const answer = applied({ ...route, place: 'document 1, line 1', warnings: ['a "rule" never matches'] });
    cli.server.on('POST /apply', { ...answer, headers: { warning: '299 - "document 1, line 1: a rule"' } });
    for (const command of ['apply', 'diff']) {
      expect(await signalbox([command, '-f', '-'], { stdin: 'x' })).toMatchObject({
        error: 'Warning: stdin:1: a "rule" never matches\n',
      });
    }
  });

  test('a conflict says what to do', async () => {
    cli.server.on('POST /apply', status(409, 'Conflict', 'document 1, line 1: modified'));
    const { code, error } = await signalbox(['apply', '-f', '-'], { stdin: 'x' });
    expect(code).toBe(exitCodes.conflict);
    expect(error).toMatch(/^Error from server \(Conflict\): stdin:1: modified\n {2}Read it again .*\n/);
  });

  test('a refused diff says which rights it takes', async () => {
    cli.server.on('POST /apply', status(403, 'Forbidden', 'no'));
    const { code, error } = await signalbox(['diff', '-f', '-'], { stdin: 'x' });
    expect([code, error]).toEqual([2, expect.stringContaining('needs the rights of an editor')]);
  });
});

describe('--wait', () => {
  const event = (type: string, generation: number, ready: string, reason = 'Pending') => ({
    type,
    object: {
      kind: 'RoutePolicy',
      metadata: { name: 'chat', namespace: 'default' },
      status: {
        conditions: [{ type: 'Ready', status: ready, reason, message: 'it is so', observedGeneration: generation }],
      },
    },
  });
  const stream = (...events: object[]) => ({ body: events.map((one) => `${JSON.stringify(one)}\n`).join('') });
  const apply = (...more: string[]) => signalbox(['apply', '-f', '-', ...more], { stdin: 'x' });

  test('ends once the generation that was applied is ready; an earlier one doesn’t count', async () => {
    cli.server.on('POST /apply', applied(route));
    const events = [event('ADDED', 1, 'True'), event('MODIFIED', 2, 'False'), event('MODIFIED', 2, 'True')];
    cli.server.on(`GET ${routes}`, stream(...events));
    expect(await apply('--wait')).toEqual({
      code: exitCodes.ok,
      out: 'routepolicy/default/chat configured\n',
      error: 'routepolicy/default/chat ready\n',
    });
    expect(cli.server.requests[1]?.query).toEqual({ watch: 'true' });
  });

  test('goes on where a watch was cut', async () => {
    cli.server.on('POST /apply', applied(route));
    cli.server.on(`GET ${routes}`, stream(event('ADDED', 2, 'False')), stream(event('ADDED', 2, 'True')));
    expect(await apply('--wait')).toMatchObject({ code: exitCodes.ok });
  });

  test.each([
    ['what is missing', [event('ADDED', 2, 'False', 'BackendNotFound')], 'BackendNotFound: it is so'],
    ['that nobody looked at it', [event('ADDED', 1, 'True')], 'this change was not looked at yet'],
    ['that there is no condition', [], 'no condition yet'],
    ['that it was deleted', [event('DELETED', 2, 'True')], 'it was deleted'],
  ])('says %s when the time is over, and exits 5', async (_, events, missing) => {
    cli.server.on('POST /apply', applied(route));
    cli.server.on(`GET ${routes}`, stream(...events));
    expect(await apply('--wait=300ms')).toMatchObject({
      code: exitCodes.notReady,
      error: `routepolicy/default/chat is not ready: ${missing}\n`,
    });
  });

  test('waits for nothing where nothing has the condition', async () => {
    cli.server.on('POST /apply', applied({ ...route, apiVersion: 'v1', kind: 'Secret' }));
    expect(await apply('--wait')).toMatchObject({ code: exitCodes.ok });
    expect(cli.server.requests).toHaveLength(1);
  });

  test('Ctrl-C ends the waiting, and says what was missing', async () => {
    cli.server.on('POST /apply', applied(route));
    cli.server.on(`GET ${routes}`, stream(event('ADDED', 2, 'False')));
    const interrupt = new AbortController();
    const outcome = signalbox(['apply', '-f', '-', '--wait'], { stdin: 'x', interrupted: interrupt.signal });
    await cli.server.asked(2);
    interrupt.abort();
    expect(await outcome).toMatchObject({
      code: exitCodes.interrupted,
      error: expect.stringContaining('routepolicy/default/chat is not ready: '),
    });
  });
});

test('Ctrl-C before the answer says that the change may have been made', async () => {
  const interrupt = new AbortController();
  interrupt.abort();
  const { code, error } = await signalbox(['apply', '-f', '-'], { stdin: 'x', interrupted: interrupt.signal });
  expect(code).toBe(exitCodes.interrupted);
  expect(error).toMatch(
    /Interrupted before the server answered; what was asked for may have been done\.\n.*signalbox get/,
  );
  const read = await signalbox(['get', 'providers'], { interrupted: interrupt.signal });
  expect(read).toEqual({ code: exitCodes.interrupted, out: '', error: 'Interrupted.\n' });
});
