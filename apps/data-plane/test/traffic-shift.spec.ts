import {
  consumerManifest,
  createDatabase,
  documents,
  eventuallyPasses,
  providerManifest,
  routeManifest,
  Stack,
} from '#libs/testing';
import { Agent, fetch } from 'undici';

const clients = 64;
let stack: Stack;
const agent = new Agent({ connections: clients });

beforeAll(async () => {
  stack = await Stack.start({ databaseUrl: await createDatabase(), dataPlanes: 2 });
  const { revision } = await stack.admin.apply(
    documents(
      consumerManifest(stack.consumerKey),
      providerManifest('alpha', stack.simulatorOrigin, ['sim-a']),
      providerManifest('beta', stack.simulatorOrigin, ['sim-b']),
      routeManifest({ alpha: 100, beta: 0 }),
    ),
  );
  await stack.untilServed(revision);
});

afterAll(async () => {
  await agent.destroy();
  await stack?.stop();
});

interface Seen {
  readonly backend: string;
  readonly revision: number;
  readonly status: number;
}

async function chat(origin: string): Promise<Seen> {
  const response = await fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    dispatcher: agent,
    headers: { authorization: `Bearer ${stack.consumerKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'shift' }] }),
  });
  await response.text();
  return {
    backend: response.headers.get('x-signalbox-backend') ?? '',
    revision: Number(response.headers.get('x-signalbox-revision')),
    status: response.status,
  };
}

it('weights 100/0 -> 0/100 under 64 clients move all traffic and fail none', async () => {
  await stack.simulate('alpha', { latencyMs: 20 });
  await stack.simulate('beta', { latencyMs: 20 });
  const seen: Seen[] = [];
  let running = true;
  const load = Array.from({ length: clients }, async (_, index) => {
    const origin = stack.dataPlanes[index % stack.dataPlanes.length]?.origin ?? '';
    while (running) seen.push(await chat(origin));
  });
  await eventuallyPasses(() => expect(seen.length).toBeGreaterThan(200));

  const { revision } = await stack.admin.apply(routeManifest({ alpha: 0, beta: 100 }));
  await eventuallyPasses(() => {
    expect(seen.slice(-clients * 2).every((answer) => answer.revision >= revision)).toBe(true);
  });
  running = false;
  await Promise.all(load);

  expect(seen.filter((answer) => answer.status !== 200)).toEqual([]);
  const before = seen.filter((answer) => answer.revision < revision);
  const after = seen.filter((answer) => answer.revision >= revision);
  expect(before.every((answer) => answer.backend.includes('alpha'))).toBe(true);
  expect(after.every((answer) => answer.backend.includes('beta'))).toBe(true);
  expect(after.length).toBeGreaterThan(clients);
});

it('says Programmed once every data plane serves the edit', async () => {
  const { revision } = await stack.admin.apply(routeManifest({ alpha: 1, beta: 1 }));
  await eventuallyPasses(async () => {
    const route = await stack.admin.get<{
      metadata: { generation: number };
      status?: { conditions: { type: string; status: string; observedGeneration: number }[] };
    }>('/apis/signalbox.dev/v1/namespaces/default/routepolicies/chat');
    const programmed = route.status?.conditions.find((condition) => condition.type === 'Programmed');
    expect(programmed).toMatchObject({ status: 'True', observedGeneration: route.metadata.generation });
  });
  for (const { origin } of stack.dataPlanes) expect((await chat(origin)).revision).toBeGreaterThanOrEqual(revision);
});

it('a data plane that was paused catches up to what the others serve', async () => {
  const paused = stack.dataPlanes[1];
  if (paused === undefined) throw new Error('two data planes were started');
  process.kill(paused.process.pid, 'SIGSTOP');
  let revision = 0;
  try {
    for (const weights of [
      { alpha: 1, beta: 99 },
      { alpha: 50, beta: 50 },
      { alpha: 100, beta: 0 },
    ]) {
      ({ revision } = await stack.admin.apply(routeManifest(weights)));
    }
    await eventuallyPasses(async () =>
      expect((await chat(stack.dataOrigin)).revision).toBeGreaterThanOrEqual(revision),
    );
  } finally {
    process.kill(paused.process.pid, 'SIGCONT');
  }
  await eventuallyPasses(async () => {
    const seen = await chat(paused.origin);
    expect([seen.status, seen.revision >= revision, seen.backend.includes('alpha')]).toEqual([200, true, true]);
  });
});
