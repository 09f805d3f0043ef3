import { decide } from '#libs/routing';
import { race } from '../../test/support/race.js';
import { chunk, doneEvent, stopChunk, usageChunk } from '../../test/support/scripted-upstream.js';
import { nothingHeld, VirtualGateway } from '../../test/support/virtual-gateway.js';

const providers = ['alpha', 'beta', 'gamma'].map((name) => ({ name, baseURL: `http://${name}.test/v1` }));
async function racing(): Promise<VirtualGateway> {
  const gateway = new VirtualGateway(1, { wrap: (dependencies) => ({ ...dependencies, decide: race }) });
  await gateway.serve({ providers, route: {} });
  return gateway;
}

function answerPlainly(gateway: VirtualGateway, at: number): void {
  const call = gateway.calls[at]!;
  call.sent();
  call.head(200, 'application/json');
  call.data(
    '{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}',
  );
  call.end();
}

describe('several attempts at once', () => {
  it('the first content wins the stream: the others are cancelled, and their permits are back', async () => {
    const gateway = await racing();
    const client = gateway.chat(true);
    expect(gateway.calls).toHaveLength(3);
    expect(gateway.held()).toMatchObject({ keys: 3, connections: 3 });
    for (const call of gateway.calls) {
      call.sent();
      call.head(200, 'text/event-stream');
    }
    gateway.calls[1]!.data(chunk({ content: 'from beta' }));
    expect(gateway.calls.map(({ isAborted }) => isAborted)).toEqual([true, false, true]);
    expect(gateway.held()).toMatchObject({ keys: 1, connections: 1 });
    gateway.calls[1]!.data(stopChunk + usageChunk + doneEvent);
    gateway.calls[1]!.end();
    expect(client.text).toContain('from beta');
    expect(client.text.endsWith(doneEvent)).toBe(true);
    expect(gateway.finished[0]!.attempts.map(({ outcome }) => outcome)).toEqual(['Cancelled', 'Success', 'Cancelled']);
    expect(gateway.held()).toEqual(nothingHeld);
  });

  it('what a loser has cost is counted with what the winner has', async () => {
    const gateway = await racing();
    gateway.chat(true);
    for (const call of gateway.calls) {
      call.sent();
      call.head(200, 'text/event-stream');
    }
    gateway.calls[0]!.data(chunk({ content: '' }));
    gateway.calls[2]!.data(chunk({ content: 'x' }) + stopChunk + usageChunk + doneEvent);
    gateway.calls[2]!.end();
    const [record] = gateway.finished;
    const [loser] = record!.attempts;
    expect(loser!.usage).toMatchObject({ estimated: true });
    const inputTokens = record!.attempts.reduce((sum, { usage }) => sum + (usage?.inputTokens ?? 0), 0);
    expect(record).toMatchObject({ inputTokens, usageEstimated: true });
    expect(inputTokens).toBeGreaterThan(5);
  });

  it('one that fails leaves the others alone; the last failure is routed on as usual', async () => {
    const gateway = await racing();
    const client = gateway.chat(false);
    gateway.calls[0]!.fail();
    gateway.calls[2]!.fail();
    expect(gateway.calls).toHaveLength(3);
    expect(client.ends).toBe(0);
    gateway.calls[1]!.fail();
    expect(client.status).toBe(502);
    expect(gateway.held()).toEqual(nothingHeld);
  });

  it('the first whole answer wins where it is plain', async () => {
    const gateway = await racing();
    const client = gateway.chat(false);
    gateway.calls[0]!.sent();
    gateway.calls[0]!.head(200, 'application/json');
    gateway.calls[0]!.data('{"choices":[');
    answerPlainly(gateway, 2);
    expect(client).toMatchObject({ status: 200, ends: 1 });
    expect(gateway.calls[0]!.isAborted && gateway.calls[1]!.isAborted).toBe(true);
    expect(gateway.held()).toEqual(nothingHeld);
  });

  it('a client that leaves takes all of them with it', async () => {
    const gateway = await racing();
    const client = gateway.chat(true);
    client.exchange!.abandoned();
    expect(gateway.calls.every(({ isAborted }) => isAborted)).toBe(true);
    expect(gateway.held()).toEqual(nothingHeld);
  });
});

describe('an attempt beside one that is slow', () => {
  /** Routing's own decisions, under a strategy that starts a second attempt after half a second. */
  const hedged: typeof decide = (route, facts, ...rest) => {
    const rule = { ...facts.rule!, strategy: { ...facts.rule!.strategy, together: { attempts: 2, staggerMs: 500 } } };
    return decide(route, { ...facts, rule }, ...rest);
  };

  async function hedging(): Promise<VirtualGateway> {
    const gateway = new VirtualGateway(1, { wrap: (dependencies) => ({ ...dependencies, decide: hedged }) });
    await gateway.serve({ providers });
    gateway.chat(true);
    gateway.calls[0]!.sent();
    return gateway;
  }

  it('starts once the first has been without an answer for so long', async () => {
    const gateway = await hedging();
    await gateway.clock.advanceAsync(450);
    expect(gateway.calls).toHaveLength(1);
    await gateway.clock.advanceAsync(100);
    expect(gateway.calls).toHaveLength(2);
    await gateway.clock.advanceAsync(2_000);
    expect(gateway.calls).toHaveLength(2);
    gateway.clients[0]!.leave();
    expect(gateway.held()).toEqual(nothingHeld);
  });

  it('does not start once the first has begun to answer', async () => {
    const gateway = await hedging();
    gateway.calls[0]!.head(200, 'text/event-stream');
    gateway.calls[0]!.data(chunk({ content: 'x' }));
    await gateway.clock.advanceAsync(2_000);
    expect(gateway.calls).toHaveLength(1);
  });
});
