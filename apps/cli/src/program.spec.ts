import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { load } from 'js-yaml';
import { exitCodes } from './cli-error.js';
import { packageRoot } from './package-root.js';
import { run } from './program.js';
import { sha256Hex } from './secret-text.js';
import { ScriptedServer } from './testing/scripted-server.js';

let server: ScriptedServer;
let folder: string;

beforeAll(async () => {
  server = await ScriptedServer.start();
});
afterAll(() => server.stop());

beforeEach(() => {
  server.reset();
  folder = mkdtempSync(join(tmpdir(), 'signalbox-program-'));
  writeFileSync(join(folder, 'ca.crt'), server.certificate);
  writeFileSync(join(folder, 'token'), 'sbt_secret\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function signalbox(args: string[], more: { stdin?: string; environment?: object } = {}): Promise<Outcome> {
  let out = '';
  let error = '';
  const code = await run(args, {
    stdin: Readable.from([more.stdin ?? '']),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (error += text) },
    environment: {
      SIGNALBOX_CONTROL_PLANE_URL: server.origin,
      SIGNALBOX_TOKEN_FILE: join(folder, 'token'),
      SIGNALBOX_CA_FILE: join(folder, 'ca.crt'),
      ...more.environment,
    },
    workingDirectory: folder,
    interrupted: new AbortController().signal,
  });
  return { code, out, error };
}

const status = (code: number, reason: string, message: string, causes: object[] = []) => ({
  status: code,
  body: { kind: 'Status', status: 'Failure', code, reason, message, details: { causes } },
});

describe('the command line', () => {
  test('without a command: help, and the exit code of a wrong command line', async () => {
    const { code, error } = await signalbox([]);
    expect(code).toBe(exitCodes.usage);
    expect(error).toContain('Usage: signalbox');
  });

  test('help that was asked for is no error, and lists every exit code', async () => {
    const { code, out } = await signalbox(['--help']);
    expect(code).toBe(exitCodes.ok);
    for (const value of Object.values(exitCodes)) expect(out).toMatch(new RegExp(`^ {2}${value} {2}\\S`, 'm'));
  });

  test('the manual lists the same exit codes', () => {
    const page = readFileSync(join(packageRoot(), 'docs/cli.md'), 'utf8');
    const listed = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(listed).toEqual(Object.values(exitCodes));
  });

  test.each(['explain', 'state', 'reset', 'audit verify', 'audit head', 'keys rotate', 'apply'])(
    'the help of %s is wrapped once, as wide as the terminal',
    async (command) => {
      const { out } = await signalbox([...command.split(' '), '--help']);
      const paragraph = out.split('\n\n')[1] ?? '';
      for (const line of paragraph.split('\n').slice(0, -1)) expect(line.length).toBeGreaterThan(60);
    },
  );

  test('every command has examples or a description of its own', async () => {
    const { out } = await signalbox(['--help']);
    const names = [...out.matchAll(/^ {2}([a-z-]+) (?:\[options\]|<| {2})/gm)].map(([, name]) => name ?? '');
    for (const name of [
      'up',
      'apply',
      'get',
      'audit',
      'chat',
      'consumer',
      'control-plane',
      'data-plane',
      'simulator',
    ]) {
      expect(names).toContain(name);
    }
    for (const name of names.filter((one) => one !== 'help')) {
      expect(await signalbox([name, '--help'])).toMatchObject({
        code: 0,
        out: expect.stringContaining(`Usage: signalbox ${name}`),
      });
    }
  });

  test.each([
    [['gett'], /Did you mean get\?/],
    [['apply', '--dry-rum', '-f', 'x'], /Did you mean --dry-run\?/],
    [['apply'], /-f, --filename/],
    [['get', 'provider'], undefined],
    [['get', 'nothing'], /no kind "nothing".*\n.*providers/],
    [['get', 'providers', 'alpha', '-A'], /leave out -A/],
    [['get', 'providers,keypools', '-w'], /one kind/],
    [['get', 'providers', '-o', 'xml'], /json, yaml, wide/],
    [['delete'], /or manifests/],
    [['delete', 'provider'], /Name the provider/],
    [['delete', 'provider/'], /KIND\/NAME/],
    [['apply', '-f', '/nonexistent.yaml'], /nonexistent\.yaml/],
    [['token', 'create', 'system:x', '-g', 'signalbox:editors'], /reserved/],
    [['token', 'create', 'ann', '-g', 'system:masters'], /reserved/],
    [['token', 'create', 'ann', '-g', 'signalbox:admin'], /no such group; did you mean "signalbox:admins"\?/],
    [['token', 'create', 'ann', '-g', 'viewers'], /no such group; did you mean "signalbox:viewers"\?/],
    [['token', 'create', 'ann', '-g', 'operators'], /no such group; groups: signalbox:admins, /],
    [['consumer', 'key', 'Team A'], /lower-case letters.*as in team-red/],
    [['consumer', 'key', 'red', '--key-name', 'a b'], /The name of a key has letters/],
    [['consumer', 'key', 'red', '--new', '--apply'], /leave out --apply/],
    [['apply', '-f', '-', '--dry-run', '--wait'], /nothing to --wait for/],
    [['apply', '-f', '-', '--wait=soon'], /--wait: a duration looks like/],
    [['audit', '--since', 'yesterday'], /2026-01-31/],
    [['audit', '--object', 'a/b/c/d'], /no kind "a"/],
    [['audit', '--limit', '0'], /whole number/],
  ])('%j', async (args, message) => {
    const { code, error } = await signalbox(args);
    if (!message) return expect(code).toBe(exitCodes.notFound);
    expect(code).toBe(exitCodes.usage);
    expect(error).toMatch(message);
    expect(server.requests).toEqual([]);
  });
});

describe('the connection', () => {
  test('sends the token, and trusts the given authority only', async () => {
    await signalbox(['get', 'providers']);
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer sbt_secret',
      'user-agent': 'signalbox-cli',
    });

    const { code, error } = await signalbox(['get', 'providers'], { environment: { SIGNALBOX_CA_FILE: '' } });
    expect(code).toBe(exitCodes.failure);
    expect(error).toContain('SIGNALBOX_CA_FILE');
    expect(error).not.toContain('sbt_secret');
  });

  test('nobody there', async () => {
    const { code, error } = await signalbox(['get', 'providers'], {
      environment: { SIGNALBOX_CONTROL_PLANE_URL: 'https://127.0.0.1:1' },
    });
    expect(code).toBe(exitCodes.failure);
    expect(error).toMatch(/Can't reach https:\/\/127\.0\.0\.1:1.*\n.*signalbox up/);
  });

  test.each([
    ['providr', 'There is no kind "providr"; did you mean "provider"?\n  Kinds: '],
    ['pods', 'There is no kind "pods".\n  Kinds: '],
  ])('no such kind: %s', async (kind, message) => {
    const { code, error } = await signalbox(['get', kind]);
    expect(code).toBe(exitCodes.usage);
    expect(error).toContain(message);
  });

  test('a server without TLS, such as a data plane', async () => {
    const plain = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const { port } = plain.address() as AddressInfo;
    const { code, error } = await signalbox(['get', 'providers'], {
      environment: { SIGNALBOX_CONTROL_PLANE_URL: `https://127.0.0.1:${port}` },
    });
    plain.close();
    expect(code).toBe(exitCodes.failure);
    expect(error).toBe(
      `Error: Can't talk to https://127.0.0.1:${port}: what answers there speaks no TLS, so it is no control plane\n` +
        '  SIGNALBOX_CONTROL_PLANE_URL is https://HOST:PORT of the control plane, whose port is 7071 unless another was set.\n',
    );
  });

  test('nothing configured', async () => {
    const { code, error } = await signalbox(['get', 'providers'], {
      environment: { SIGNALBOX_CONTROL_PLANE_URL: '', SIGNALBOX_STATE_DIR: join(folder, 'none') },
    });
    expect(code).toBe(exitCodes.usage);
    expect(error).toContain('SIGNALBOX_CONTROL_PLANE_URL');
  });

  test.each([
    [
      'a token file that is not there',
      { SIGNALBOX_TOKEN_FILE: '/nonexistent' },
      /\/nonexistent: there is no such file/,
    ],
    ['a token file that is no token', { SIGNALBOX_TOKEN_FILE: '/dev/null' }, /\/dev\/null.*one word/],
    ['a key with a line break', { SIGNALBOX_API_KEY: 'sbx\n1' }, /SIGNALBOX_API_KEY must be one word/],
  ])('%s is named, and nothing is sent', async (_what, environment, message) => {
    const { code, error } = await signalbox(['get', 'providers'], { environment });
    expect(code).toBe(exitCodes.usage);
    expect(error).toMatch(message);
    expect(server.requests).toEqual([]);
  });

  test('plain http is refused before anything is sent', async () => {
    const { code } = await signalbox(['get', 'providers'], {
      environment: { SIGNALBOX_CONTROL_PLANE_URL: server.origin.replace('https', 'http') },
    });
    expect(code).toBe(exitCodes.usage);
    expect(server.requests).toEqual([]);
  });
});

describe('apply and diff', () => {
  const changes = [{ path: 'spec.rules[0].weight', before: 100, after: 0 }];
  const answer = (result: string, more: object = {}) => ({
    body: {
      revision: 7,
      objects: [{ kind: 'RoutePolicy', namespace: 'default', name: 'chat', result, changes, ...more }],
    },
  });

  test('sends the text as it is, and prints what became of it', async () => {
    const manifest = 'kind: RoutePolicy # with a comment\n';
    server.on('POST /apply', answer('configured'));
    const { code, out } = await signalbox(['apply', '-f', '-'], { stdin: manifest });
    expect({ code, out }).toEqual({
      code: 0,
      out: 'routepolicy/default/chat configured\n  ~ spec.rules[0].weight: 100 -> 0\n',
    });
    expect(server.requests[0]).toMatchObject({ body: manifest, query: { namespace: 'default' } });
    expect(server.requests[0]?.headers['content-type']).toBe('application/yaml');
  });

  test('a dry run says so, and shows the conditions that would be false', async () => {
    const conditions = [
      { type: 'Accepted', status: 'True', reason: 'Accepted', message: '' },
      { type: 'ResolvedRefs', status: 'False', reason: 'BackendNotFound', message: 'no KeyPool gamma' },
    ];
    server.on('POST /apply', answer('created', { conditions }));
    const { out } = await signalbox(['apply', '-f', '-', '--dry-run'], { stdin: 'x' });
    expect(out).toBe(
      'routepolicy/default/chat created (dry run)\n  ResolvedRefs=False BackendNotFound: no KeyPool gamma\n',
    );
    expect(server.requests[0]?.query).toEqual({ dryRun: 'All', namespace: 'default' });
  });

  test.each([
    [422, 'Invalid', exitCodes.failure],
    [403, 'Forbidden', exitCodes.failure],
    [404, 'NotFound', exitCodes.notFound],
  ])('a refusal of %i %s', async (code, reason, exitCode) => {
    server.on('POST /apply', status(code, reason, 'no', [{ field: 'spec.models', message: 'Required' }]));
    const outcome = await signalbox(['apply', '-f', '-'], { stdin: 'x' });
    expect(outcome).toEqual({
      code: exitCode,
      out: '',
      error: `Error from server (${reason}): no\n  spec.models: Required\n`,
    });
  });

  test('a page of some proxy is cut, and can’t move the cursor', async () => {
    server.on('POST /apply', { status: 502, body: `<html>\u001b[2J${'x'.repeat(1_000)}` });
    const { code, error } = await signalbox(['apply', '-f', '-'], { stdin: 'x' });
    expect(code).toBe(exitCodes.failure);
    expect(error.length).toBeLessThan(300);
    expect(error).not.toContain('\u001b');
  });

  test.each([
    ['unchanged', 0],
    ['configured', 1],
    ['created', 1],
  ])('diff of an object that would be %s exits %i', async (result, code) => {
    server.on('POST /apply', answer(result));
    const outcome = await signalbox(['diff', '-f', '-'], { stdin: 'x' });
    expect(outcome.code).toBe(code);
    expect(outcome.out === '').toBe(code === 0);
    expect(server.requests[0]?.query['dryRun']).toBe('All');
  });

  test.each([
    [422, 'Invalid', 2],
    [409, 'Conflict', exitCodes.conflict],
  ])('an error of diff (%i) is not taken for a difference', async (code, reason, exitCode) => {
    server.on('POST /apply', status(code, reason, 'no'));
    expect(await signalbox(['diff', '-f', '-'], { stdin: 'x' })).toMatchObject({ code: exitCode });
  });
});

describe('get and describe', () => {
  const providers = '/apis/signalbox.dev/v1/namespaces/default/providers';
  const table = {
    kind: 'Table',
    metadata: { resourceVersion: '41' },
    columnDefinitions: [
      { name: 'Name', priority: 0 },
      { name: 'Ready', priority: 0 },
      { name: 'URL', priority: 1 },
    ],
    rows: [{ cells: ['alpha', 'True', 'http://a'], object: { metadata: { name: 'alpha', namespace: 'team' } } }],
  };
  const alpha = {
    apiVersion: 'signalbox.dev/v1',
    kind: 'Provider',
    metadata: { name: 'alpha', namespace: 'default', generation: 2, resourceVersion: '9' },
    spec: { type: 'OpenAI' },
    status: {
      conditions: [{ type: 'Ready', status: 'False', reason: 'Pending', message: 'soon', lastTransitionTime: 't' }],
    },
  };

  test('prints the server’s table; wide has its wide columns', async () => {
    server.on(`GET ${providers}`, { body: table });
    expect((await signalbox(['get', 'prov'])).out).toBe('NAME    READY\nalpha   True\n');
    expect((await signalbox(['get', 'Provider', '-o', 'wide'])).out).toBe(
      'NAME    READY   URL\nalpha   True    http://a\n',
    );
    expect(server.requests[0]?.headers.accept).toContain('as=Table');
  });

  test('-A shows namespaces, -l is passed on', async () => {
    server.on('GET /apis/signalbox.dev/v1/providers', { body: table });
    const { out } = await signalbox(['get', 'providers', '-A', '-l', 'team=red']);
    expect(out).toBe('NAMESPACE   NAME    READY\nteam        alpha   True\n');
    expect(server.requests[0]?.query).toEqual({ labelSelector: 'team=red' });
  });

  test('nothing found is said beside the output', async () => {
    server.on(`GET ${providers}`, { body: { ...table, rows: [] } });
    expect(await signalbox(['get', 'providers'])).toEqual({
      code: 0,
      out: '',
      error: 'No providers found in namespace default.\n',
    });
  });

  test('one object as YAML or JSON; a list as a List', async () => {
    server.on(`GET ${providers}/alpha`, { body: alpha });
    server.on(`GET ${providers}`, { body: { items: [{ metadata: { name: 'alpha' } }] } });
    expect((await signalbox(['get', 'provider', 'alpha', '-o', 'yaml'])).out).toContain('kind: Provider\n');
    expect(JSON.parse((await signalbox(['get', 'provider/alpha', '-o', 'json'])).out)).toEqual(alpha);
    expect(JSON.parse((await signalbox(['get', 'providers', '-o', 'json'])).out)).toEqual({
      apiVersion: 'v1',
      kind: 'List',
      items: [{ apiVersion: 'signalbox.dev/v1', kind: 'Provider', metadata: { name: 'alpha' } }],
    });
  });

  test('--effective asks the server', async () => {
    server.on(`GET ${providers}/alpha`, { body: alpha });
    server.on(`GET ${providers}/alpha/effective`, {
      body: { ...alpha, spec: { type: 'OpenAI', allowInsecure: false } },
    });
    expect((await signalbox(['get', 'provider', 'alpha', '--effective'])).out).toContain('allowInsecure: false');
  });

  test('-w prints a row for each change, and fails where the server ends the watch', async () => {
    const events = [
      { type: 'MODIFIED', object: { kind: 'Table', rows: [{ cells: ['alpha', 'False', ''] }] } },
      { type: 'BOOKMARK', object: { kind: 'Table', rows: [] } },
      { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } },
    ];
    const stream = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    server.on(`GET ${providers}`, { body: table }, { body: stream });
    expect(await signalbox(['get', 'providers', '-w'])).toEqual({
      code: exitCodes.failure,
      out: 'NAME    READY\nalpha   True\nalpha   False\n',
      error: 'Error from server (Expired): too old\n',
    });
    expect(server.requests[1]?.query).toEqual({ watch: 'true', resourceVersion: '41' });
  });

  test('describe shows spec, conditions and the latest changes', async () => {
    server.on(`GET ${providers}/alpha`, { body: alpha });
    const entry = { id: 3, at: '2026-01-31T08:00:00Z', actor: 'ann', verb: 'update', generation: 2, changes: [] };
    server.on('GET /audit', { body: { items: [entry] } });
    const { code, out } = await signalbox(['describe', 'provider', 'alpha']);
    expect(code).toBe(0);
    expect(out).toMatch(/Name: +alpha\n/);
    expect(out).toContain('  type: OpenAI\n');
    expect(out).toMatch(/Ready +False +Pending +t +soon/);
    expect(out).toContain('ann update (generation 2)');
    expect(server.requests[1]?.query).toMatchObject({ kind: 'Provider', namespace: 'default', name: 'alpha' });
  });

  test('what isn’t there exits 3', async () => {
    expect(await signalbox(['get', 'provider', 'beta'])).toMatchObject({ code: exitCodes.notFound });
  });
});

describe('delete', () => {
  const path = '/apis/signalbox.dev/v1/namespaces/default/providers/alpha';

  test('by kind and name', async () => {
    server.on(`DELETE ${path}`, { body: {} });
    expect(await signalbox(['delete', 'provider', 'alpha'])).toMatchObject({
      code: 0,
      out: 'provider.signalbox.dev/alpha deleted\n',
    });
  });

  test('by manifest, the last document first', async () => {
    server.on(`DELETE ${path}`, { body: {} });
    server.on('DELETE /api/v1/namespaces/team/secrets/keys', { body: {} });
    const stdin = `apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: team}
---
apiVersion: signalbox.dev/v1
kind: Provider
metadata: {name: alpha}
`;
    expect((await signalbox(['delete', '-f', '-'], { stdin })).out).toBe(
      'provider.signalbox.dev/alpha deleted\nsecret/keys deleted\n',
    );
  });

  test('the items of a List, as apply takes them', async () => {
    server.on('DELETE /apis/signalbox.dev/v1/namespaces/default/providers/alpha', { body: {} });
    const item = { apiVersion: 'signalbox.dev/v1', kind: 'Provider', metadata: { name: 'alpha' } };
    const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [item] });
    expect((await signalbox(['delete', '-f', '-'], { stdin })).out).toBe('provider.signalbox.dev/alpha deleted\n');
  });

  test('what isn’t there is an error, unless it may be', async () => {
    expect(await signalbox(['delete', 'provider', 'alpha'])).toMatchObject({ code: exitCodes.notFound });
    expect(await signalbox(['delete', 'provider', 'alpha', '--ignore-not-found'])).toMatchObject({ code: 0 });
  });

  describe('of what the server only marks', () => {
    const namespace = (metadata: object = {}, status: object = {}) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: 'team',
        uid: 'u',
        deletionTimestamp: '2026-11-01T00:00:00Z',
        resourceVersion: '7',
        ...metadata,
      },
      status: { phase: 'Terminating', ...status },
    });
    const url = '/api/v1/namespaces/team';
    const event = (type: string, object: object) => ({ body: `${JSON.stringify({ type, object })}\n` });

    test('waits until it is gone', async () => {
      server.on(`DELETE ${url}`, { body: namespace() });
      server.on(`GET ${url}`, { body: namespace() }, event('DELETED', namespace()));
      expect(await signalbox(['delete', 'namespace', 'team'])).toEqual({
        code: 0,
        out: 'namespace/team deleted\n',
        error: '',
      });
      expect(server.requests.map(({ method, query }) => [method, query])).toEqual([
        ['DELETE', {}],
        ['GET', {}],
        ['GET', { watch: 'true', resourceVersion: '7' }],
      ]);
    });

    test.each([
      ['is not there any more', status(404, 'NotFound', 'namespaces "team" not found')],
      ['was made anew meanwhile', { body: namespace({ uid: 'another', deletionTimestamp: undefined }) }],
    ])('is done when it %s', async (_case, answer) => {
      server.on(`DELETE ${url}`, { body: namespace() });
      server.on(`GET ${url}`, answer);
      expect((await signalbox(['delete', 'namespace', 'team'])).out).toBe('namespace/team deleted\n');
    });

    test('says what holds it when the time is over, and never that it is deleted', async () => {
      const message = 'Some resources are remaining: providers.signalbox.dev has 1 resource instance, such as slow';
      const conditions = [
        { type: 'NamespaceContentRemaining', status: 'True', reason: 'SomeResourcesRemain', message },
      ];
      server.on(`DELETE ${url}`, { body: namespace() });
      server.on(`GET ${url}`, { body: namespace() }, event('MODIFIED', namespace({}, { conditions })));
      const { code, out, error } = await signalbox(['delete', 'namespace', 'team', '--timeout', '300ms']);
      expect([code, out]).toEqual([exitCodes.failure, '']);
      expect(error).toContain(`namespace/team is still being deleted: ${message}`);
    });

    test('with --no-wait says that it is being deleted', async () => {
      server.on(`DELETE ${url}`, { body: namespace() });
      expect(await signalbox(['delete', 'namespace', 'team', '--no-wait'])).toEqual({
        code: 0,
        out: 'namespace/team is being deleted\n',
        error: '',
      });
    });

    test('a dry run waits for nothing', async () => {
      server.on(`DELETE ${url}`, { body: namespace() });
      expect((await signalbox(['delete', 'namespace', 'team', '--dry-run'])).out).toBe(
        'namespace/team deleted (dry run)\n',
      );
    });

    test('a time that is none is a wrong command line', async () => {
      expect((await signalbox(['delete', 'namespace', 'team', '--timeout', 'soon'])).code).toBe(exitCodes.usage);
      expect(server.requests).toEqual([]);
    });
  });

  test('an empty namespace in a manifest is an absent one, as for apply', async () => {
    server.on(`DELETE ${path}`, { body: {} });
    const item = { apiVersion: 'signalbox.dev/v1', kind: 'Provider', metadata: { name: 'alpha', namespace: '' } };
    expect((await signalbox(['delete', '-f', '-'], { stdin: JSON.stringify(item) })).code).toBe(0);
  });

  test('one that can’t be deleted doesn’t keep the others', async () => {
    server.on(`DELETE ${path}`, { body: {} });
    const { code, out, error } = await signalbox(['delete', 'provider', 'gone', 'alpha']);
    expect({ code, out }).toEqual({ code: exitCodes.notFound, out: 'provider.signalbox.dev/alpha deleted\n' });
    expect(error).toContain('Error from server (NotFound)');
  });

  test.each(['kind: [', 'kind: Nothing\napiVersion: v1\nmetadata: {name: x}\n', 'just text'])(
    'a manifest that names nothing: %j',
    async (stdin) => {
      expect(await signalbox(['delete', '-f', '-'], { stdin })).toMatchObject({ code: exitCodes.failure, out: '' });
      expect(server.requests).toEqual([]);
    },
  );
});

describe('audit', () => {
  const entry = {
    id: 12,
    at: '2026-01-31T08:00:00.000Z',
    actor: 'ann',
    verb: 'apply',
    kind: 'RoutePolicy',
    namespace: 'default',
    name: 'chat',
    generation: 3,
    revision: 40,
    changes: [{ path: 'spec.objective', after: 'Speed' }],
  };

  test('asks by object, actor and time, and prints each change', async () => {
    server.on('GET /audit', { body: { items: [entry] } });
    const args = ['audit', '--object', 'rp/default/chat', '--actor', 'ann', '--since', '2026-01-31T00:00:00Z'];
    const { out } = await signalbox(args);
    expect(out).toBe(
      '2026-01-31T08:00:00.000Z  ann apply RoutePolicy/default/chat  row 12, generation 3, revision 40\n' +
        '    + spec.objective: Speed\n',
    );
    expect(server.requests[0]?.query).toEqual({
      group: 'signalbox.dev',
      kind: 'RoutePolicy',
      namespace: 'default',
      name: 'chat',
      actor: 'ann',
      since: '2026-01-31T00:00:00.000Z',
      limit: '50',
    });
  });
});

describe('tokens', () => {
  test('a token goes to standard output alone, its entry beside it', async () => {
    const user = 'ann}, {groups: [signalbox:admins]';
    const { out, error } = await signalbox(['token', 'create', user, '-g', 'signalbox:editors']);
    expect(out).toMatch(/^sbt_[0-9A-Za-z]{43}\n$/);
    expect(load(error)).toEqual([{ name: user, user, groups: ['signalbox:editors'], sha256: sha256Hex(out.trim()) }]);
  });
});
