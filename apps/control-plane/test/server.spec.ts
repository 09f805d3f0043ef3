import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { AdminClient, checkout, eventually, freePorts, ManagedProcess } from '#libs/testing';
import { DatabaseRoute } from './database-route.js';
import { PROVIDERS, provider, type Role, RunningControlPlane } from './running-control-plane.js';
import { createEmptyDatabase } from './test-database.js';

describe('a running server', () => {
  const route = new DatabaseRoute();
  let server: RunningControlPlane;
  beforeAll(async () => {
    server = await RunningControlPlane.start((url) => route.through(url));
  });
  afterAll(async () => {
    route.restore();
    await server.stop();
    await route.close();
  });
  const probe = async (path: string) => {
    const response = await server.fetch(path, { as: null });
    return { status: response.status, text: await response.text() };
  };

  test('answers probes without a token, in plain text', async () => {
    // The first compile goes on while the server begins to listen.
    await eventually(async () => (await probe('/readyz')).status === 200);
    for (const path of ['/livez', '/readyz', '/startupz'])
      expect(await probe(path)).toEqual({ status: 200, text: 'ok' });
    expect((await probe('/readyz?verbose')).text).toMatch(
      /^\[\+\]shutdown ok\n[\s\S]*\[\+\]database ok\n[\s\S]*\[\+\]compile ok\n[\s\S]*readyz check passed\n$/,
    );
  });

  test('writes ca.crt and a kubeconfig that only its owner may read', () => {
    expect(readFileSync(join(server.directory, 'ca.crt'), 'utf8')).toBe(server.caCertificate);
    expect(statSync(join(server.directory, 'kubeconfig')).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(join(server.directory, 'kubeconfig'), 'utf8'))).toMatchObject({
      clusters: [{ cluster: { server: server.url } }],
      // Both: Go clients read the file, again and again; client libraries that don't know the field take the token.
      users: [{ user: { token: server.tokens.admin, tokenFile: join(server.directory, 'admin.token') } }],
    });
  });

  test('serves its schemas and both forms of discovery', async () => {
    const index = (await server.call('/openapi/v3')).body as unknown as {
      paths: Record<string, { serverRelativeURL: string }>;
    };
    const document = (await server.call(index.paths['apis/signalbox.dev/v1']!.serverRelativeURL)).body as unknown as {
      paths: Record<string, Record<string, { parameters: { name: string }[] }>>;
      components: { schemas: Record<string, Record<string, unknown>> };
    };
    const patch = document.paths['/apis/signalbox.dev/v1/namespaces/{namespace}/providers/{name}']!['patch']!;
    expect(patch.parameters.map(({ name }) => name)).toEqual(['dryRun', 'fieldManager', 'fieldValidation', 'force']);
    expect(document.components.schemas['dev.signalbox.v1.Provider']!['x-kubernetes-group-version-kind']).toEqual([
      { group: 'signalbox.dev', version: 'v1', kind: 'Provider' },
    ]);
    const type = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const aggregated = await server.call('/apis', { headers: { accept: `${type},application/json` } });
    expect(aggregated.headers.get('content-type')).toBe(type);
    expect(aggregated.body).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' });
    expect((await server.call('/apis')).body).toMatchObject({ kind: 'APIGroupList' });
  });

  test.each<[string, Role | null, number]>([
    ['without a token', null, 401],
    ['of a viewer', 'viewer', 403],
    ['of an admin, as values of Secrets go down there', 'admin', 403],
    ['to nowhere', 'data-plane', 404],
  ])('refuses an upgrade %s', async (_, as, status) => {
    const socket = new WebSocket(`${server.url.replace('https', 'wss')}/control/nowhere`, {
      ca: server.caCertificate,
      headers: as === null ? {} : { authorization: `Bearer ${server.tokens[as]}` },
    });
    const code = await new Promise((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    });
    socket.on('error', () => undefined);
    socket.terminate();
    expect(code).toBe(status);
  });

  test('keeps its authority and its data over a restart', async () => {
    const { caCertificate } = server;
    await server.call(PROVIDERS, { method: 'POST', body: provider('kept') });
    await server.restart();
    expect(server.caCertificate).toBe(caCertificate);
    expect((await server.call(`${PROVIDERS}/kept`)).status).toBe(200);
  });

  test('says that it leads, and when it no longer does', async () => {
    const said = (message: string) => server.logged.filter(({ msg }) => msg === message);
    await eventually(async () => (await (await server.fetch('/metrics')).text()).includes('\nsignalbox_leader 1\n'));
    const { holder, epoch } = said('this replica leads').at(-1)!;
    await server.restart();
    expect(said('this replica leads no longer').at(-1)).toMatchObject({
      holder,
      epoch,
      reason: `the term of epoch ${String(epoch)} is over: this replica stops`,
    });
  });

  test('says that it is alive but not ready while the database is away, and comes back', async () => {
    route.cut();
    const away = await eventually(async () => {
      const result = await probe('/readyz');
      return result.status === 503 && result.text.includes('[-]database failed') && result;
    });
    expect(away.text).toContain('readyz check failed');
    expect((await probe('/livez')).status).toBe(200);
    expect(await server.call(`${PROVIDERS}/kept`)).toMatchObject({
      status: 503,
      body: { reason: 'ServiceUnavailable' },
    });
    expect(await server.call('/keys')).toMatchObject({ status: 503, body: { reason: 'ServiceUnavailable' } });
    // A line with its stack for each would fill a disk: the first says it, then one in ten seconds.
    const failures = () => server.logged.filter(({ msg }) => msg === 'request failed').length;
    const before = failures();
    for (let turn = 0; turn < 30; turn++) expect((await server.call(`${PROVIDERS}/kept`)).status).toBe(503);
    expect(failures() - before).toBeLessThan(5);
    expect(await (await server.fetch('/metrics')).text()).toMatch(
      /signalbox_api_requests_total\{method="GET",code="503"\} [3-9][0-9]\n/,
    );
    route.restore();
    await eventually(async () => (await probe('/readyz')).status === 200, { deadlineMs: 20_000 });
    const answersAgain = () => server.logged.filter(({ msg }) => msg === 'the database answers again');
    await eventually(() => answersAgain().length === 3);
    expect(new Set(answersAgain().map(({ where }) => where))).toEqual(
      new Set(['commands', 'leader election', 'log follower']),
    );
    expect((await server.call(`${PROVIDERS}/kept`)).status).toBe(200);
  });
});

describe('the process', () => {
  test('names every missing variable and exits 1', async () => {
    const child = new ManagedProcess(
      'control-plane',
      [process.execPath, join(checkout, 'dist/apps/control-plane/src/main.js')],
      {},
      tmpdir(),
    );
    child.start();
    expect(await child.untilEnded()).toBe(1);
    for (const name of ['SIGNALBOX_DATABASE_URL', 'SIGNALBOX_TOKENS_FILE', 'SIGNALBOX_MASTER_KEY_FILE']) {
      expect(child.output).toContain(`${name} is missing`);
    }
  });

  /** Its database never comes. */
  async function waitingControlPlane(directory: string, variables: Record<string, string> = {}) {
    const [port = 0, nobody = 0] = await freePorts(2);
    writeFileSync(join(directory, 'tokens.yaml'), 'tokens: []');
    writeFileSync(join(directory, 'master.key'), randomBytes(32).toString('base64'));
    return new ManagedProcess(
      'control-plane',
      [process.execPath, join(checkout, 'dist/apps/control-plane/src/main.js')],
      {
        SIGNALBOX_DATABASE_URL: `postgresql://signalbox@127.0.0.1:${nobody}/signalbox`,
        SIGNALBOX_CONTROL_PORT: String(port),
        SIGNALBOX_TOKENS_FILE: join(directory, 'tokens.yaml'),
        SIGNALBOX_MASTER_KEY_FILE: join(directory, 'master.key'),
        ...variables,
      },
      directory,
    );
  }

  test.each(['throw error', 'Promise.reject(error)'])(
    'what nobody expected (%s) ends it with 1, and is logged without its secrets',
    async (fault) => {
      const directory = mkdtempSync(join(tmpdir(), 'signalbox-process-'));
      const canary = 'canary-9b1d07';
      const script = `process.on('SIGUSR2', () => { const error = new Error('postgres://signalbox:${canary}@db/signalbox'); ${fault}; });`;
      writeFileSync(join(directory, 'fault.mjs'), script);
      const child = await waitingControlPlane(directory, { NODE_OPTIONS: `--import=${join(directory, 'fault.mjs')}` });
      try {
        child.start();
        await eventually(() => child.output.includes('trying again'), { deadlineMs: 20_000 });
        expect(await child.end('SIGUSR2')).toBe(1);
        expect(child.output).toContain('"msg":"ended by an unexpected error"');
        expect(child.output).not.toContain(canary);
      } finally {
        await child.end('SIGKILL');
        rmSync(directory, { recursive: true });
      }
    },
  );

  test('while it waits for its database, SIGTERM ends it with 0 at once', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'signalbox-process-'));
    const child = await waitingControlPlane(directory);
    try {
      child.start();
      await eventually(() => child.output.includes('trying again'), { deadlineMs: 20_000 });
      expect(await child.end('SIGTERM')).toBe(0);
      // Left to itself it would have given up, with 1.
      expect(child.output).not.toContain('cannot start');
    } finally {
      await child.end('SIGKILL');
      rmSync(directory, { recursive: true });
    }
  });

  test('on SIGTERM ends its watches in good order and exits 0', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'signalbox-process-'));
    const database = await createEmptyDatabase();
    const [port = 0] = await freePorts(1);
    const token = randomBytes(24).toString('hex');
    const sha256 = createHash('sha256').update(token).digest('hex');
    const file = (name: string, content: string): string => {
      writeFileSync(join(directory, name), content, { mode: 0o600 });
      return join(directory, name);
    };
    const child = new ManagedProcess(
      'control-plane',
      [process.execPath, join(checkout, 'dist/apps/control-plane/src/main.js')],
      {
        SIGNALBOX_DATABASE_URL: database.url,
        SIGNALBOX_CONTROL_PORT: String(port),
        SIGNALBOX_TOKENS_FILE: file(
          'tokens.yaml',
          `tokens: [{name: a, user: a, groups: ['signalbox:admins'], sha256: "${sha256}"}]`,
        ),
        SIGNALBOX_MASTER_KEY_FILE: file('master.key', randomBytes(32).toString('base64')),
        SIGNALBOX_STATE_DIR: directory,
      },
      directory,
    );
    let client: AdminClient | undefined;
    try {
      child.start();
      await child.untilReady(async () => {
        client ??= new AdminClient(`https://127.0.0.1:${port}`, token, readFileSync(join(directory, 'ca.crt'), 'utf8'));
        return (await client.request('/readyz')).status === 200;
      });
      const watch = await client!.request(`${PROVIDERS}?watch=true`);
      const ended = watch.text();
      expect(await child.end('SIGTERM')).toBe(0);
      expect(await ended).toBe('');
      expect(child.output).not.toContain(token);
    } finally {
      await child.end('SIGKILL');
      await client?.close();
      await database.drop();
      rmSync(directory, { recursive: true });
    }
  });
});
