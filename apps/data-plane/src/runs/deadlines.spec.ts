import { chunk, doneEvent, stopChunk } from '../../test/support/scripted-upstream.js';
import {
  nothingHeld,
  type VirtualCall,
  type VirtualClient,
  VirtualGateway,
} from '../../test/support/virtual-gateway.js';

const backend = { timeouts: { connectMs: 1_000, firstByteMs: 2_000, streamIdleMs: 5_000, requestMs: 60_000 } };
const providers = [{ name: 'alpha', baseURL: 'http://alpha.test/v1', backend }];

async function streaming(): Promise<{ gateway: VirtualGateway; client: VirtualClient; call: VirtualCall }> {
  const gateway = new VirtualGateway(1);
  await gateway.serve({ providers, route: { timeouts: { firstTokenMs: 3_000 } } });
  const client = gateway.chat(true);
  const call = gateway.calls[0]!;
  call.sent();
  call.head(200, 'text/event-stream');
  return { gateway, client, call };
}

describe('the deadlines of an attempt', () => {
  it('firstToken: counts until the first content', async () => {
    const { gateway, call } = await streaming();
    await gateway.clock.advanceAsync(3_100);
    expect(call.isAborted).toBe(true);
    expect(gateway.calls.length).toBeGreaterThan(0);
  });

  it('firstToken: and no longer', async () => {
    const { gateway, client, call } = await streaming();
    await gateway.clock.advanceAsync(2_000);
    call.data(chunk({ content: 'x' }));
    await gateway.clock.advanceAsync(4_000);
    expect(call.isAborted).toBe(false);
    call.data(chunk({ content: 'y' }));
    expect(client.text).toContain('"y"');
  });

  it('streamIdle: what the upstream is silent for, moved with each read', async () => {
    const { gateway, client, call } = await streaming();
    call.data(chunk({ content: 'x' }));
    for (let read = 0; read < 4; read += 1) {
      await gateway.clock.advanceAsync(4_000);
      call.data(chunk({ content: 'y' }));
    }
    expect(call.isAborted).toBe(false);
    await gateway.clock.advanceAsync(5_100);
    expect(call.isAborted).toBe(true);
    expect(client.text).toContain('stream_interrupted');
    expect(gateway.held()).toEqual(nothingHeld);
  });

  it('streamIdle: a pause for a client that reads slowly is none of the upstream', async () => {
    const { gateway, client, call } = await streaming();
    client.isSlow = true;
    call.data(chunk({ content: 'x' }));
    await gateway.clock.advanceAsync(20_000);
    expect(call.isAborted).toBe(false);
    client.catchUp();
    await gateway.clock.advanceAsync(11_000);
    expect(call.isAborted).toBe(true);
  });

  it('streamIdle: counts anew from when a slow client takes more', async () => {
    const { gateway, client, call } = await streaming();
    client.isSlow = true;
    call.data(chunk({ content: 'x' }));
    // Just before the next look at it, and long after the last read.
    await gateway.clock.advanceAsync(9_900);
    client.catchUp();
    await gateway.clock.advanceAsync(4_000);
    expect(call.isAborted).toBe(false);
    await gateway.clock.advanceAsync(1_200);
    expect(call.isAborted).toBe(true);
  });

  it('the end: a second from the end marker on, whatever else comes', async () => {
    const { gateway, client, call } = await streaming();
    call.data(chunk({ content: 'x' }) + stopChunk + doneEvent);
    for (let read = 0; read < 3; read += 1) {
      await gateway.clock.advanceAsync(300);
      call.data(': more\n\n');
    }
    expect([client.ends, call.isAborted]).toEqual([0, false]);
    await gateway.clock.advanceAsync(200);
    expect([client.ends, call.isAborted]).toEqual([1, true]);
    expect(gateway.finished).toMatchObject([{ finish: 'Completed', attempts: [{ outcome: 'Success' }] }]);
    expect(gateway.held()).toEqual(nothingHeld);
  });
});

it('a client that leaves while its call is being made takes the call with it', async () => {
  const gateway: VirtualGateway = new VirtualGateway(1, { onCall: () => gateway.clients.at(-1)!.leave() });
  await gateway.serve({ providers });
  gateway.chat(true);
  expect(gateway.calls[0]!.isAborted).toBe(true);
  expect(gateway.held()).toEqual(nothingHeld);
});
