import {
  consumerManifest,
  createDatabase,
  documents,
  eventually,
  eventuallyPasses,
  providerManifest,
  routeManifest,
  Stack,
} from '#libs/testing';
import { adminEnvironment, runSignalbox } from './support/run-signalbox.js';

/** Who runs the command. */
type Person = 'admin' | 'editor' | 'viewer';

const breaker = '  circuitBreaker: {consecutiveFailures: 2, openFor: 4m, maxOpenFor: 5m}\n';
let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({ databaseUrl: await createDatabase(), dataPlanes: 2 });
  const { revision } = await stack.admin.apply(
    documents(
      consumerManifest(stack.consumerKey),
      providerManifest('alpha', stack.simulatorOrigin, ['sim-a'], breaker),
      routeManifest({ alpha: 1 }, '  retry: {maxAttempts: 1}\n'),
    ),
  );
  await stack.untilServed(revision);
}, 120_000);
afterAll(() => stack?.stop());

const signalbox = (person: Person, ...args: string[]) =>
  runSignalbox(args, { ...adminEnvironment(stack), SIGNALBOX_TOKEN_FILE: stack.tokenFiles[person] }, stack.directory);
const reset = (person: Person, ...args: string[]) => signalbox(person, 'reset', ...args);

async function chat(origin: string): Promise<number> {
  const response = await fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.consumerKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hi' }] }),
  });
  await response.arrayBuffer();
  return response.status;
}
const chatEverywhere = () => Promise.all(stack.dataPlanes.map(({ origin }) => chat(origin)));

/** What `signalbox state` shows of each data plane. */
const states = async (): Promise<string[]> =>
  Promise.all(
    stack.dataPlanes.map(async ({ adminOrigin }) => {
      const { code, output } = await signalbox('viewer', 'state', '--data-plane', adminOrigin);
      expect(code).toBe(0);
      return output;
    }),
  );

const openBreaker = /^default\/alpha\/sim-small +Open +\S+ +\S+ +ServerError +/m;

/** Who reset what, by the audit, the newest last. */
async function audited(object: string): Promise<{ actor: string; verb: string; changes: unknown[] }[]> {
  const { code, output } = await signalbox('admin', 'audit', '--object', object, '-o', 'json');
  expect(code).toBe(0);
  const rows = (JSON.parse(output) as { items: { subresource?: string }[] }).items;
  return rows.filter(({ subresource }) => subresource === 'reset').reverse() as never;
}

async function openBreakers(): Promise<void> {
  await stack.simulate('alpha', { faults: [{ type: 'Status', status: 500 }] });
  await chatEverywhere();
  await chatEverywhere();
  // Open: nobody asks the provider.
  expect(await chatEverywhere()).toEqual([503, 503]);
  await stack.simulate('alpha', {});
}

it('closes the breakers that a provider’s outage has opened, at each data plane, and is audited', async () => {
  await openBreakers();
  for (const state of await states()) expect(state).toMatch(openBreaker);
  // The outage is over, and the breakers stay open for minutes.
  expect(await chatEverywhere()).toEqual([503, 503]);

  const { code, output } = await reset('editor', 'breaker', 'alpha/sim-small');
  expect(output).toMatch(/^data-plane-0 +alpha\/sim-small +reset +it was open$/m);
  expect(output).toMatch(/^data-plane-1 +alpha\/sim-small +reset +it was open$/m);
  expect(code).toBe(0);
  expect(await chatEverywhere()).toEqual([200, 200]);
  for (const state of await states()) expect(state).not.toContain('BREAKER');
  expect(await audited('Provider/default/alpha')).toEqual([
    expect.objectContaining({
      actor: 'editor',
      verb: 'create',
      changes: [{ path: 'spec.model', after: 'sim-small' }],
    }),
  ]);
  // Each says so itself, too: what it did, and what became of the breaker.
  for (const { process } of stack.dataPlanes) {
    expect(process.output).toMatch(/"type":"ResetBreaker",.*"result":"Reset".*"asked to reset state"/);
    expect(process.output).toMatch(/"by":"Operator","msg":"breaker closed"/);
  }
});

it('is refused to who may only read: nothing changes, the log has who and what, the audit nothing', async () => {
  await openBreakers();
  const before = await audited('Provider/default/alpha');
  const { code, output } = await reset('viewer', 'breaker', 'alpha/sim-small');
  expect([code, output]).toEqual([
    1,
    expect.stringContaining('User "viewer" cannot create resource "providers/reset" in API group "signalbox.dev"'),
  ]);
  expect(await chatEverywhere()).toEqual([503, 503]);
  const refusal = await eventually(() => /^.*"msg":"refused".*$/m.exec(stack.controlPlane.output)?.[0]);
  expect(JSON.parse(refusal)).toMatchObject({
    user: 'viewer',
    method: 'POST',
    path: '/apis/signalbox.dev/v1/namespaces/default/providers/alpha/reset',
    sourceAddress: '127.0.0.1',
  });
  expect(await audited('Provider/default/alpha')).toEqual(before);
});

it('at one data plane leaves the others as they are', async () => {
  const { code, output } = await reset('admin', 'breaker', 'alpha/sim-small', '--data-plane', 'data-plane-1');
  expect([code, output]).toEqual([0, expect.not.stringContaining('data-plane-0')]);
  expect(await chatEverywhere()).toEqual([503, 200]);
});

it('exits 5 where a data plane doesn’t answer, and says which', async () => {
  const [first, second] = stack.dataPlanes;
  process.kill(second!.process.pid, 'SIGSTOP');
  try {
    const { code, output } = await reset('editor', 'breaker', 'alpha/sim-small');
    expect(code).toBe(5);
    expect(output).toMatch(/^data-plane-0 +alpha\/sim-small +reset +it was open$/m);
    expect(output).toMatch(/^data-plane-1 +alpha\/sim-small +timed out +/m);
    expect(await chat(first!.origin)).toBe(200);
  } finally {
    process.kill(second!.process.pid, 'SIGCONT');
  }
  await eventuallyPasses(async () => expect(await chat(second!.origin)).toBe(200));
});

it('brings back a key that its provider refused', async () => {
  await stack.simulate('alpha', { faults: [{ type: 'Unauthorized' }] });
  await chatEverywhere();
  await stack.simulate('alpha', {});
  expect(await chatEverywhere()).toEqual([503, 503]);
  for (const state of await states())
    expect(state).toMatch(/^default\/alpha\/key-0 +<none> +Auth +its value changes$/m);
  const reached = async (): Promise<void> => {
    const { code, output } = await reset('editor', 'cooldown', 'alpha/key-0');
    expect([code, output]).toEqual([
      0,
      expect.stringMatching(
        /data-plane-0 +alpha\/key-0 +(reset|acknowledged).*\ndata-plane-1 +alpha\/key-0 +(reset|acknowledged)/,
      ),
    ]);
  };
  // The one that was stopped may have lost its stream.
  await eventuallyPasses(reached);
  expect(await chatEverywhere()).toEqual([200, 200]);
  expect((await audited('KeyPool/default/alpha'))[0]).toMatchObject({
    actor: 'editor',
    changes: [{ path: 'spec.key', after: 'key-0' }],
  });
});
