import { VirtualGateway } from '../../test/support/virtual-gateway.js';
import { GatewayError } from '../errors/error-table.js';

const HOLD_MS = 15_000;
const WRITE_TIMEOUT_MS = 60_000;
const configuration = {
  providers: [{ name: 'alpha', baseURL: 'http://alpha.test/v1' }],
  consumer: { maxConcurrency: 1 },
};
const answer = '{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}';

async function withUnreadAnswer(): Promise<VirtualGateway> {
  const gateway = new VirtualGateway(1);
  await gateway.serve(configuration);
  const client = gateway.chat(false);
  client.isSlow = true;
  gateway.calls[0]!.sent();
  gateway.calls[0]!.head(200, 'application/json');
  gateway.calls[0]!.data(answer);
  gateway.calls[0]!.end();
  expect(client.text).toBe(answer);
  return gateway;
}

describe('an answer that its client has not taken', () => {
  it("holds the consumer's permit until it is taken", async () => {
    const gateway = await withUnreadAnswer();
    expect(gateway.held()).toMatchObject({ running: 1, keys: 0, consumers: 1 });
    expect(gateway.chat(false).status).toBe(429);
    gateway.clients[0]!.catchUp();
    expect(gateway.finished.at(-1)).toMatchObject({ finish: 'Completed', status: 200 });
    expect(gateway.held()).toMatchObject({ running: 0, consumers: 0 });
    gateway.chat(false);
    expect(gateway.calls).toHaveLength(2);
  });

  it('is cut off once nothing of it was taken for a minute', async () => {
    const gateway = await withUnreadAnswer();
    await gateway.clock.advanceAsync(WRITE_TIMEOUT_MS - 1_000);
    expect(gateway.clients[0]!.isDestroyed).toBe(false);
    gateway.clients[0]!.exchange!.drained();
    await gateway.clock.advanceAsync(WRITE_TIMEOUT_MS - 1_000);
    expect(gateway.clients[0]!.isDestroyed).toBe(false);
    await gateway.clock.advanceAsync(2_000);
    expect(gateway.clients[0]!.isDestroyed).toBe(true);
    expect(gateway.finished).toMatchObject([{ finish: 'Aborted' }]);
    expect(gateway.held()).toMatchObject({ running: 0, consumers: 0, timers: 0 });
  });

  it('is over when the client goes away', async () => {
    const gateway = await withUnreadAnswer();
    gateway.clients[0]!.exchange!.abandoned();
    expect(gateway.finished).toMatchObject([{ finish: 'Aborted' }]);
    expect(gateway.held()).toMatchObject({ running: 0, consumers: 0, timers: 0 });
  });

  it('has its minute from its turn on, where another answer of its connection comes first', async () => {
    const gateway = new VirtualGateway(1);
    await gateway.serve(configuration);
    const client = gateway.chat(true);
    client.isSlow = true;
    client.isBehindAnother = true;
    // Its head is out, and kept alive, when it fails.
    await gateway.clock.advanceAsync(HOLD_MS + 1_000);
    expect(client.heads).toBe(1);
    client.exchange!.fail(new GatewayError('shutting_down', 'x'));
    await gateway.clock.advanceAsync(10 * WRITE_TIMEOUT_MS);
    expect(client.isDestroyed).toBe(false);
    client.exchange!.turnCame();
    await gateway.clock.advanceAsync(WRITE_TIMEOUT_MS - 1_000);
    expect(client.isDestroyed).toBe(false);
    await gateway.clock.advanceAsync(2_000);
    expect(client.isDestroyed).toBe(true);
    expect(gateway.held()).toMatchObject({ running: 0, consumers: 0, timers: 0 });
  });
});
