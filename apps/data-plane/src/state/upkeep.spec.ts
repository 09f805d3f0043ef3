import { chunk } from '../../test/support/scripted-upstream.js';
import { VirtualGateway } from '../../test/support/virtual-gateway.js';

const alpha = (name = 'alpha') => ({ name, baseURL: `http://${name}.test/v1` });
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Nothing here awaits between its timers; a turn of the loop for each of a virtual hour's ticks would take a real minute. */
async function pass(gateway: VirtualGateway, ms: number): Promise<void> {
  gateway.clock.advance(ms);
  await turn();
}

it('state of what no table names is forgotten ten minutes after the last request that pinned such a table', async () => {
  const gateway = new VirtualGateway(1);
  const timeouts = { connectMs: 5_000, firstByteMs: 10_000, streamIdleMs: 60_000, requestMs: 3_600_000 };
  await gateway.serve({
    providers: [{ ...alpha(), backend: { timeouts } }],
  });
  const client = gateway.chat(true);
  expect(gateway.calls).toHaveLength(1);
  await gateway.serve({ providers: [alpha('beta')] });
  const named = () => [...gateway.runtime.routing.breakers.byId.entries()].map(([id]) => id);
  gateway.calls[0]?.sent();
  gateway.calls[0]?.head(200, 'text/event-stream');
  for (let minute = 0; minute < 20; minute += 1) {
    await pass(gateway, 30_000);
    gateway.calls[0]?.data(chunk({ content: 'x' }));
    await turn();
  }
  client.exchange?.abandoned();
  await pass(gateway, 9 * 60_000);
  expect(named()).toContain('default/alpha/m');
  await pass(gateway, 3 * 60_000);
  expect(named()).not.toContain('default/alpha/m');
});

it('what a table still names is kept, used or not', async () => {
  const gateway = new VirtualGateway(1);
  await gateway.serve({ providers: [alpha()] });
  gateway.chat(false);
  gateway.calls[0]?.sent();
  gateway.calls[0]?.head(401, 'application/json');
  gateway.calls[0]?.end();
  await gateway.serve({ providers: [alpha(), alpha('beta')] });
  await pass(gateway, 60 * 60_000);
  // Refused keys stay out until they are rotated, however long nobody asks.
  for (let request = 0; request < 5; request += 1) gateway.chat(false);
  expect(gateway.calls.slice(1).every(({ request }) => request.target.origin === 'http://beta.test')).toBe(true);
});

it('a key without a value is offered again once it has one', async () => {
  const gateway = new VirtualGateway(1);
  await gateway.serve({ providers: [alpha()] });
  gateway.credentials.revoke('default/alpha/key-0');
  expect(gateway.chat(false).status).toBe(503);
  gateway.credentials.rotate('default/alpha/key-0', 'v2');
  await pass(gateway, 2_000);
  gateway.chat(false);
  await turn();
  expect(gateway.calls).toHaveLength(1);
});

it('a rotated key is used at once, however long the pause of its old value', async () => {
  const gateway = new VirtualGateway(1);
  await gateway.serve({ providers: [alpha()] });
  gateway.chat(false);
  gateway.calls[0]?.sent();
  gateway.calls[0]?.head(402, 'application/json');
  gateway.calls[0]?.end();
  expect(gateway.chat(false).status).toBe(429);
  gateway.credentials.rotate('default/alpha/key-0', 'v2');
  await pass(gateway, 2_000);
  gateway.chat(false);
  expect(gateway.calls).toHaveLength(2);
});
