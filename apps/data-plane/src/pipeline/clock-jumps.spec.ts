import { doneEvent, chunk, stopChunk } from '../../test/support/scripted-upstream.js';
import { VirtualGateway } from '../../test/support/virtual-gateway.js';

const HOUR_MS = 3_600_000;
const providers = [{ name: 'alpha', baseURL: 'http://alpha.test/v1' }];

describe.each([
  ['forwards', HOUR_MS],
  ['backwards', -HOUR_MS],
])('a wall clock that jumps an hour %s', (_direction, jumpMs) => {
  it('neither ends nor prolongs the pause of a key', async () => {
    const gateway = new VirtualGateway(1);
    await gateway.serve({ providers });
    gateway.chat(false);
    gateway.calls[0]?.sent();
    gateway.calls[0]?.head(402, 'application/json');
    gateway.calls[0]?.end();
    gateway.clock.epochOffsetMs = jumpMs;
    await gateway.clock.advanceAsync(HOUR_MS - 1_000);
    expect(gateway.chat(false).status).toBe(429);
    await gateway.clock.advanceAsync(2_000);
    gateway.chat(false);
    expect(gateway.calls).toHaveLength(2);
  });

  it('ends no stream, and hides no silence of one', async () => {
    const gateway = new VirtualGateway(1);
    await gateway.serve({ providers, route: { timeouts: { streamIdleMs: 5_000 } } });
    const clients = [gateway.chat(true), gateway.chat(true)];
    for (const call of gateway.calls) {
      call.sent();
      call.head(200, 'text/event-stream');
      call.data(chunk({ content: 'x' }));
    }
    await gateway.clock.advanceAsync(3_000);
    gateway.clock.epochOffsetMs = jumpMs;
    gateway.calls[0]?.data(stopChunk + doneEvent);
    gateway.calls[0]?.end();
    expect(clients[0]?.text).toContain('[DONE]');
    expect(clients[1]?.ends).toBe(0);
    await gateway.clock.advanceAsync(3_000);
    expect(clients[1]?.text).toContain('stream_interrupted');
  });
});
