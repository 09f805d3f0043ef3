import { BREAKER, ONE_ATTEMPT } from '../../test/support/entries.js';
import { chunk } from '../../test/support/scripted-upstream.js';
import { VirtualGateway } from '../../test/support/virtual-gateway.js';

const breaker = { ...BREAKER, consecutiveFailures: 1, openForMs: 1_000 };

async function probing(successesToClose = 1): Promise<VirtualGateway> {
  const gateway = new VirtualGateway(1);
  const backend = { breaker: { ...breaker, successesToClose } };
  const providers = [{ name: 'alpha', baseURL: 'http://alpha.test/v1', backend }];
  await gateway.serve({ providers, route: { retry: ONE_ATTEMPT } });
  gateway.chat(false);
  gateway.calls[0]!.fail();
  await gateway.clock.advanceAsync(1_100);
  gateway.chat(true);
  const probe = gateway.calls[1]!;
  probe.sent();
  probe.head(200, 'text/event-stream');
  return gateway;
}

describe('the commit point of a stream', () => {
  it('closes the breaker that it probes, however long the stream goes on', async () => {
    const gateway = await probing();
    expect(gateway.chat(false).status).toBe(503);
    gateway.calls[1]!.data(chunk({ content: 'x' }));
    gateway.chat(false);
    expect(gateway.calls).toHaveLength(3);
  });

  it('frees the probe though its client then reads nothing', async () => {
    const gateway = await probing();
    gateway.clients[1]!.isSlow = true;
    gateway.calls[1]!.data(chunk({ content: 'x' }));
    await gateway.clock.advanceAsync(50_000);
    expect(gateway.held()).toMatchObject({ probes: 0, permits: 1 });
  });

  it('gives the probe back once, though its client then leaves', async () => {
    const gateway = await probing(2);
    gateway.calls[1]!.data(chunk({ content: 'x' }));
    gateway.clients[1]!.leave();
    expect(gateway.held()).toMatchObject({ probes: 0, permits: 0 });
    // The breaker is half-open still, and lets one through at a time.
    gateway.chat(true);
    expect(gateway.held()).toMatchObject({ probes: 1, permits: 1 });
    expect(gateway.chat(true).status).toBe(503);
  });
});

it('a backend is not ejected for what this process lacks', async () => {
  const gateway = new VirtualGateway(1);
  const providers = [{ name: 'alpha', baseURL: 'http://alpha.test/v1', backend: { breaker } }];
  await gateway.serve({ providers, route: { retry: ONE_ATTEMPT } });
  for (let request = 0; request < 3; request += 1) {
    const client = gateway.chat(false);
    gateway.calls.at(-1)!.fail('OutOfSockets');
    expect(client.status).toBe(503);
  }
  expect(gateway.calls).toHaveLength(3);
});
