import { nothingHeld, VirtualGateway } from '../../test/support/virtual-gateway.js';

const pool = { onExhausted: { type: 'Queue' as const, queue: { maxDepth: 1, maxWaitMs: 5_000 } } };
const keys = [{ name: 'key-0', maxConcurrency: 1 }];
const providers = [{ name: 'alpha', baseURL: 'http://alpha.test/v1', keys, pool }];

/** One request has the only key, another waits for it. */
async function queued(): Promise<VirtualGateway> {
  const gateway = new VirtualGateway(1);
  await gateway.serve({ providers });
  gateway.chat(false);
  gateway.chat(false);
  expect(gateway.calls).toHaveLength(1);
  expect(gateway.held()).toMatchObject({ running: 2, queued: 1 });
  return gateway;
}

describe('a request that waits for a key', () => {
  it('gets it when the other one is done', async () => {
    const gateway = await queued();
    gateway.clients[0]!.leave();
    expect(gateway.calls).toHaveLength(2);
    expect(gateway.held()).toMatchObject({ running: 1, queued: 0 });
  });

  it('gives its place up when its client leaves: the next one may wait', async () => {
    const gateway = await queued();
    expect(gateway.chat(false).status).toBe(429);
    gateway.clients[1]!.leave();
    expect(gateway.held()).toMatchObject({ queued: 0 });
    expect(gateway.chat(false).status).toBe(0);
    expect(gateway.held()).toMatchObject({ queued: 1 });
  });

  it('gives up after the longest wait, with the reason in its record', async () => {
    const gateway = await queued();
    await gateway.clock.advanceAsync(5_100);
    expect(gateway.clients[1]).toMatchObject({ status: 429, ends: 1 });
    expect(gateway.finished[0]!.passedOver).toEqual([{ candidate: 'default/alpha/m', reason: 'KeysSaturated' }]);
    gateway.clients[0]!.leave();
    expect(gateway.held()).toEqual(nothingHeld);
  });

  it('starts nothing with an API key that a newer table has lost', async () => {
    const gateway = await queued();
    await gateway.serve({ providers, consumer: { keys: [] } });
    gateway.clients[0]!.leave();
    expect(gateway.calls).toHaveLength(1);
    expect(gateway.clients[1]!.status).toBe(401);
  });
});
