import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kinds } from '#libs/resources';
import {
  consumerManifest,
  documents,
  eventuallyPasses,
  providerManifest,
  routeManifest,
  seededRandom,
  Stack,
} from '#libs/testing';
import { EmbeddedPostgres } from '../src/up/postgres/embedded-postgres.js';
import { RevisionWatch } from './support/revision-watch.js';

let parent: string;
let postgres: EmbeddedPostgres;
let postgresEnded: Promise<unknown>;
let stack: Stack;
const watches: RevisionWatch[] = [];

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'signalbox-survival-'));
  chmodSync(parent, 0o711);
  postgres = await EmbeddedPostgres.prepare({ directory: join(parent, 'postgres'), durable: true });
  await startPostgres();
  stack = await Stack.start({ databaseUrl: postgres.url, dataPlanes: 2 });
  const { revision } = await stack.admin.apply(
    documents(
      consumerManifest(stack.consumerKey),
      providerManifest('alpha', stack.simulatorOrigin, ['sim-a']),
      providerManifest('beta', stack.simulatorOrigin, ['sim-b']),
      routeManifest({ alpha: 1, beta: 0 }),
    ),
  );
  await stack.untilServed(revision);
}, 120_000);

afterAll(async () => {
  await Promise.all(watches.map((watch) => watch.stop()));
  await stack?.stop();
  await postgres?.stop();
  rmSync(parent, { recursive: true, force: true });
});

async function startPostgres(): Promise<void> {
  const { ended } = await postgres.start();
  postgresEnded = ended;
}

async function killPostgres(): Promise<void> {
  const [pid] = readFileSync(join(postgres.dataDirectory, 'postmaster.pid'), 'utf8').split('\n');
  process.kill(Number(pid), 'SIGKILL');
  await postgresEnded;
}

async function chat(origin = stack.dataOrigin): Promise<{ status: number; text: string; revision: number }> {
  const response = await fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.consumerKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'still there?' }] }),
  });
  return {
    status: response.status,
    text: await response.text(),
    revision: Number(response.headers.get('x-signalbox-revision')),
  };
}

/** Clients that never pause; `stop` tells how many asked, and every answer that was not 200. */
function startLoad(clients: number): { answered: () => number; stop(): Promise<string[]> } {
  let running = true;
  let answered = 0;
  const failures: string[] = [];
  const loops = Array.from({ length: clients }, async () => {
    while (running) {
      const { status, text } = await chat().catch((error: unknown) => ({ status: 0, text: String(error) }));
      answered += 1;
      if (status !== 200) failures.push(`${status} ${text}`);
    }
  });
  return {
    answered: () => answered,
    stop: async () => {
      running = false;
      await Promise.all(loops);
      return failures;
    },
  };
}

async function untilAnswered(load: { answered: () => number }, more: number): Promise<void> {
  const goal = load.answered() + more;
  await eventuallyPasses(() => expect(load.answered()).toBeGreaterThanOrEqual(goal), { deadlineMs: 20_000 });
}

async function applyConverges(weights: Record<string, number>): Promise<void> {
  await eventuallyPasses(
    async () => {
      const { revision } = await stack.admin.apply(routeManifest(weights));
      await stack.untilServed(revision, 10_000);
    },
    { deadlineMs: 40_000 },
  );
}

it('kill -9 of the control plane under load: nothing fails, a data plane restarts from its disk', async () => {
  const load = startLoad(16);
  await untilAnswered(load, 50);
  await stack.controlPlane.end('SIGKILL');
  await untilAnswered(load, 200);

  const [, second] = stack.dataPlanes;
  if (!second) throw new Error('two data planes run');
  await second.process.end('SIGKILL');
  await stack.startDataPlane(second, '/readyz');
  expect((await chat(second.origin)).status).toBe(200);

  await stack.startControlPlane();
  await applyConverges({ alpha: 0, beta: 1 });
  expect((await chat(second.origin)).text).toContain('beta heard');
  expect(await load.stop()).toEqual([]);
}, 120_000);

it('kill -9 of Postgres under load: nothing fails, readiness tells, an apply converges afterwards', async () => {
  const load = startLoad(16);
  await untilAnswered(load, 50);
  await killPostgres();
  await untilAnswered(load, 200);
  await eventuallyPasses(async () => {
    expect((await stack.admin.request('/livez')).status).toBe(200);
    expect((await stack.admin.request('/readyz')).status).toBe(503);
  });

  const [, second] = stack.dataPlanes;
  if (!second) throw new Error('two data planes run');
  await second.process.end('SIGKILL');
  await stack.startDataPlane(second, '/readyz');
  expect((await chat(second.origin)).status).toBe(200);

  await startPostgres();
  await applyConverges({ alpha: 1, beta: 0 });
  expect((await chat(second.origin)).text).toContain('alpha heard');
  expect(await load.stop()).toEqual([]);
}, 120_000);

it('kill -9 at random moments over 50 applies: no acknowledged write is lost, the watches miss nothing', async () => {
  const random = seededRandom(20_251);
  const { metadata } = await stack.admin.get<{ metadata: { resourceVersion: string } }>('/api/v1/namespaces');
  const start = Number(metadata.resourceVersion);
  watches.push(...kinds.map((kind) => new RevisionWatch(stack.admin, kind, start)));
  const acknowledged: { name: string; revision: number }[] = [];

  for (let index = 0; index < 50; index += 1) {
    const name = `survivor-${index}`;
    const kill = random() < 0.25 ? (random() < 0.5 ? 'control plane' : 'Postgres') : undefined;
    const applied = stack.admin.apply(routeManifest({ alpha: 1 }, '', name)).then(
      ({ revision }) => acknowledged.push({ name, revision }),
      () => undefined,
    );
    if (!kill) {
      await applied;
      continue;
    }
    await new Promise((resolve) => setTimeout(resolve, random() * 30));
    if (kill === 'Postgres') {
      await killPostgres();
      await applied;
      await startPostgres();
    } else {
      await stack.controlPlane.end('SIGKILL');
      await applied;
      await stack.startControlPlane();
    }
    await stack.controlPlane.untilReady(async () => (await stack.admin.request('/readyz')).status === 200);
  }
  expect(acknowledged.length).toBeGreaterThan(35);

  const { items } = await stack.admin.get<{ items: { metadata: { name: string } }[] }>(
    '/apis/signalbox.dev/v1/namespaces/default/routepolicies',
  );
  const names = items.map((item) => item.metadata.name);
  expect(names).toEqual(expect.arrayContaining(acknowledged.map(({ name }) => name)));

  // Lines of progress, then the verdict.
  const verification = await (await stack.admin.request('/audit/verify')).text();
  expect(JSON.parse(verification.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ valid: true });

  // Status writes go on for a moment; the end is the last acknowledged write, and all before it must have been seen.
  const { revision: end } = await stack.admin.apply(routeManifest({ alpha: 2 }, '', 'survivor-end'));
  await eventuallyPasses(
    () => {
      for (const watch of watches) expect(watch.failure).toBeUndefined();
      const seen = watches.flatMap((watch) => watch.revisions).filter((revision) => revision <= end);
      expect(new Set(seen).size).toBe(end - start);
    },
    { deadlineMs: 30_000 },
  );
  const seen = watches.flatMap((watch) => watch.revisions).filter((revision) => revision <= end);
  expect(seen).toHaveLength(end - start);
  for (const watch of watches)
    expect(watch.revisions).toEqual([...watch.revisions].sort((left, right) => left - right));
}, 300_000);
