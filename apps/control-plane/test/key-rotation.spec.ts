import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminClient, checkout, createDatabase, eventually, freePorts, ManagedProcess } from '#libs/testing';

interface KeyStatus {
  readonly masterKeys: {
    readonly masterKey: string;
    readonly objects: number;
    readonly log: number;
    readonly removable: boolean;
  }[];
  readonly replicas: { readonly replica: string; readonly masterKeys: string[]; readonly encryptsUnder: string }[];
  readonly reencryption: { readonly masterKey: string | null; readonly remaining: number };
}

const SECRETS = 100;
const [oldLine, newLine] = [0, 1].map(() => randomBytes(32).toString('base64')) as [string, string];
const token = randomBytes(24).toString('base64url');
const viewerToken = randomBytes(24).toString('base64url');
const directory = mkdtempSync(join(tmpdir(), 'key-rotation-'));

/** A control plane as a process of its own, with a master key file of its own. */
class Replica {
  readonly #directory: string;
  readonly #process: ManagedProcess;
  admin!: AdminClient;

  constructor(
    name: string,
    databaseUrl: string,
    readonly port: number,
  ) {
    this.#directory = join(directory, name);
    mkdirSync(this.#directory, { mode: 0o700 });
    const file = (path: string, content: string): string => {
      writeFileSync(join(this.#directory, path), content, { mode: 0o600 });
      return join(this.#directory, path);
    };
    const tokens = [
      { name: 'admin', user: 'admin', groups: ['signalbox:admins'], sha256: sha256(token) },
      { name: 'viewer', user: 'viewer', groups: ['signalbox:viewers'], sha256: sha256(viewerToken) },
    ];
    this.#process = new ManagedProcess(
      name,
      [process.execPath, join(checkout, 'dist/apps/control-plane/src/main.js')],
      {
        SIGNALBOX_DATABASE_URL: databaseUrl,
        SIGNALBOX_CONTROL_PORT: String(port),
        SIGNALBOX_TOKENS_FILE: file('tokens.yaml', JSON.stringify({ tokens })),
        SIGNALBOX_MASTER_KEY_FILE: file('master.key', oldLine),
        SIGNALBOX_STATE_DIR: this.#directory,
        SIGNALBOX_LOG_LEVEL: 'info',
      },
      directory,
    );
  }

  async start(): Promise<void> {
    this.#process.start();
    await this.#process.untilReady(async () => {
      await this.admin?.close();
      const ca = readFileSync(join(this.#directory, 'ca.crt'), 'utf8');
      this.admin = new AdminClient(`https://127.0.0.1:${this.port}`, token, ca);
      return (await this.admin.request('/readyz')).status === 200;
    });
  }

  writeKeys(...lines: string[]): void {
    writeFileSync(join(this.#directory, 'master.key'), `${lines.join('\n')}\n`);
  }

  viewer(): AdminClient {
    return new AdminClient(this.admin.origin, viewerToken, this.admin.ca);
  }

  status(): Promise<KeyStatus> {
    return this.admin.get<KeyStatus>('/keys');
  }

  get output(): string {
    return this.#process.output;
  }

  async stop(): Promise<number | string> {
    await this.admin?.close();
    return this.#process.end();
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const secretPath = (number: number): string => `/api/v1/namespaces/default/secrets/s${number}`;

let a: Replica;
let b: Replica;
beforeAll(async () => {
  const databaseUrl = await createDatabase();
  const [portA = 0, portB = 0] = await freePorts(2);
  [a, b] = [new Replica('a', databaseUrl, portA), new Replica('b', databaseUrl, portB)];
  await Promise.all([a.start(), b.start()]);
  const manifests = Array.from({ length: SECRETS }, (_, number) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `s${number}`, namespace: 'default' },
      stringData: { key: `first-${number}` },
    }),
  );
  await a.admin.apply(manifests.join('\n---\n'));
});
afterAll(async () => {
  await Promise.all([a?.stop(), b?.stop()]);
  rmSync(directory, { recursive: true });
});

/** Reads and writes on both replicas until it is ended; tells what failed and how much was done. */
function load() {
  const failures: string[] = [];
  let [running, reads, writes] = [true, 0, 0];
  const note = async (what: string, response: Awaited<ReturnType<AdminClient['request']>>): Promise<void> => {
    const text = await response.text();
    if (!response.ok || text.includes('signalbox.dev/sealed')) failures.push(`${what}: ${response.status} ${text}`);
  };
  const reader = async ({ admin }: Replica, step: number): Promise<void> => {
    for (let number = 0; running; number = (number + step) % SECRETS, reads++) {
      await note('read', await admin.request(secretPath(number)));
      if (number % 20 === 0) await note('list', await admin.request('/api/v1/namespaces/default/secrets'));
    }
  };
  const writer = async ({ admin }: Replica, offset: number): Promise<void> => {
    for (let turn = 0; running; turn++, writes++) {
      const body = JSON.stringify({ stringData: { key: `turn-${turn}-${offset}` } });
      const headers = { 'content-type': 'application/merge-patch+json' };
      const path = secretPath((turn * 2 + offset) % SECRETS);
      await note('write', await admin.request(path, { method: 'PATCH', body, headers }));
    }
  };
  const ended = Promise.all([reader(a, 7), reader(b, 11), writer(a, 0), writer(b, 1)]);
  return {
    end: async () => {
      running = false;
      await ended;
      return { failures, reads, writes };
    },
  };
}

test('master keys rotate under load with two replicas: no read fails, the old key falls out of use, and its line goes', async () => {
  const before = await a.status();
  const oldId = before.replicas[0]!.masterKeys[0]!;
  expect(before.masterKeys).toEqual([
    { masterKey: oldId, objects: expect.any(Number), log: expect.any(Number), removable: false },
  ]);
  expect(before.replicas).toHaveLength(2);
  const work = load();

  // One replica after the other, in any order: until both have the line, both encrypt under the old one.
  a.writeKeys(newLine, oldLine);
  const withNew = await eventually(async () => {
    const status = await a.status();
    return status.replicas.some(({ masterKeys }) => masterKeys.length === 2) ? status : undefined;
  });
  const newId = withNew.replicas.flatMap(({ masterKeys }) => masterKeys).find((id) => id !== oldId)!;
  const early = await a.admin.request('/keys/reencrypt', { method: 'POST' });
  expect([early.status, await early.json()]).toEqual([
    409,
    expect.objectContaining({ message: expect.stringContaining(`: ${oldId}; put the same new line first`) }),
  ]);
  b.writeKeys(newLine, oldLine);
  await eventually(async () => (await b.status()).replicas.every(({ masterKeys }) => masterKeys[0] === newId));

  expect((await b.viewer().request('/keys')).status).toBe(403);
  expect((await b.viewer().request('/keys/reencrypt', { method: 'POST' })).status).toBe(403);
  const asked = await b.admin.request('/keys/reencrypt', { method: 'POST' });
  expect([asked.status, ((await asked.json()) as KeyStatus).reencryption.masterKey]).toEqual([202, newId]);
  const rotated = await eventually(
    async () => {
      const status = await b.status();
      return status.masterKeys.some(({ removable }) => removable) ? status : undefined;
    },
    { deadlineMs: 60_000 },
  );
  expect(rotated.replicas.map(({ encryptsUnder }) => encryptsUnder)).toEqual([newId, newId]);
  expect(rotated.masterKeys.find(({ masterKey }) => masterKey === newId)!.objects).toBeGreaterThan(SECRETS);
  expect(rotated.masterKeys.find(({ masterKey }) => masterKey === oldId)).toEqual({
    masterKey: oldId,
    objects: 0,
    log: 0,
    removable: true,
  });

  // At once, while both are still being written to.
  for (const replica of [a, b]) replica.writeKeys(newLine);
  await eventually(async () => (await a.status()).replicas.every(({ masterKeys }) => masterKeys.join() === newId));
  const { failures, reads, writes } = await work.end();
  expect(failures).toEqual([]);
  expect(Math.min(reads, writes)).toBeGreaterThan(50);
  expect((await a.status()).masterKeys.map(({ masterKey }) => masterKey)).toEqual([newId]);
  expect(await Promise.all([a.stop(), b.stop()])).toEqual([0, 0]);
  await Promise.all([a.start(), b.start()]);
  // Whoever stops leaves nothing to wait for.
  expect((await a.status()).replicas).toHaveLength(2);
  for (const { admin } of [a, b]) {
    const { items } = await admin.get<{ items: object[] }>('/api/v1/namespaces/default/secrets');
    expect(items).toHaveLength(SECRETS);
    expect(JSON.stringify(items)).not.toContain('signalbox.dev/sealed');
    for (let number = 0; number < SECRETS; number++) await admin.get(secretPath(number));
  }

  // Who asked for it is in the audit, which the rotation left as it was.
  const { items } = await a.admin.get<{ items: { actor: string; changes: object[] }[] }>(
    '/audit?kind=Namespace&name=signalbox-system&actor=admin',
  );
  expect(items.map(({ actor, changes }) => [actor, JSON.stringify(changes).includes(newId)])).toEqual([
    ['admin', true],
  ]);
  const verified = (await (await a.admin.request('/audit/verify')).text()).trimEnd().split('\n').at(-1)!;
  expect(JSON.parse(verified)).toMatchObject({ valid: true, unkeyedRows: 0 });
}, 180_000);
