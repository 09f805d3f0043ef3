import { chunk, doneEvent, stopChunk } from './support/scripted-upstream.js';
import { nothingHeld, type VirtualCall, VirtualGateway } from './support/virtual-gateway.js';
import { ONE_ATTEMPT } from './support/entries.js';

const json = 'application/json';
const answer =
  '{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}';

function replies(call: VirtualCall | undefined, status = 200, body = answer, type = json): void {
  call?.sent();
  call?.head(status, type);
  call?.data(body);
  call?.end();
}

const provider = (name: string, more: object = {}) => ({ name, baseURL: `http://${name}.test/v1`, ...more });
const queue = { type: 'Queue', queue: { maxDepth: 10, maxWaitMs: 5_000 } } as const;
const oneAtATime = { keys: [{ name: 'key-0', maxConcurrency: 1 }], pool: { onExhausted: queue } };

it('a request that queues for two pools gets the key that is free first', async () => {
  const gateway = new VirtualGateway(1);
  await gateway.serve({ providers: [provider('alpha', oneAtATime), provider('beta', oneAtATime)] });
  for (let request = 0; request < 3; request += 1) gateway.chat(false);
  expect(gateway.calls).toHaveLength(2);
  replies(gateway.calls.find(({ request }) => request.target.origin === 'http://beta.test'));
  expect(gateway.calls).toHaveLength(3);
  expect(gateway.calls[2]?.request.target.origin).toBe('http://beta.test');
});

it('a request waits for the only connection, and as many as may; nothing opens a second one', async () => {
  const gateway = new VirtualGateway(1);
  const backend = { connections: { max: 1, maxPending: 1 } };
  await gateway.serve({ providers: [provider('alpha', { backend })] });
  const [, second, third] = [gateway.chat(false), gateway.chat(false), gateway.chat(false)];
  expect(gateway.calls).toHaveLength(1);
  expect(third.status).toBe(503);
  replies(gateway.calls[0]);
  replies(gateway.calls[1]);
  expect([second.status, gateway.held()]).toEqual([200, nothingHeld]);
});

it('a probe that streams for minutes holds nobody up', async () => {
  const gateway = new VirtualGateway(1);
  await gateway.serve({ providers: [provider('alpha')], route: { retry: ONE_ATTEMPT } });
  for (let request = 0; request < 5; request += 1) {
    gateway.chat(false);
    gateway.calls.at(-1)?.fail();
  }
  expect(gateway.chat(false).status).toBe(503);
  await gateway.clock.advanceAsync(31_000);
  gateway.chat(true);
  const probe = gateway.calls.at(-1);
  probe?.sent();
  probe?.head(200, 'text/event-stream');
  probe?.data(chunk({ content: 'x' }));
  const other = gateway.chat(false);
  replies(gateway.calls.at(-1));
  expect(other.status).toBe(200);
  probe?.data(stopChunk + doneEvent);
  probe?.end();
});

it("a firewall's 403 to one prompt parks no key", async () => {
  const gateway = new VirtualGateway(1);
  const keys = ['key-0', 'key-1', 'key-2'].map((name) => ({ name }));
  await gateway.serve({ providers: [provider('alpha', { keys })] });
  gateway.chat(false);
  replies(gateway.calls[0], 403, '<html>blocked</html>', 'text/html');
  expect(gateway.calls).toHaveLength(1);
  for (let request = 0; request < 3; request += 1) {
    const next = gateway.chat(false);
    replies(gateway.calls.at(-1));
    expect(next.status).toBe(200);
  }
  const used = new Set(gateway.finished.map(({ attempts }) => attempts[0]?.key));
  expect(used.size).toBe(3);
});

it('after a fallback failed, the key that was left is tried, and the last failure is what the client hears of', async () => {
  const gateway = new VirtualGateway(1);
  const keys = [{ name: 'key-0' }, { name: 'key-1' }];
  await gateway.serve({ providers: [provider('alpha', { keys }), provider('beta', { priority: 1 })] });
  const client = gateway.chat(false);
  replies(gateway.calls[0], 500, '{"error":{"message":"x"}}');
  replies(gateway.calls[1], 401, '{"error":{"code":"invalid_api_key"}}');
  await gateway.clock.advanceAsync(1_000);
  expect(gateway.calls[2]?.request.target.origin).toBe('http://alpha.test');
  replies(gateway.calls[2], 500, '{"error":{"message":"x"}}');
  expect(client.text).toContain('upstream_error');
});
