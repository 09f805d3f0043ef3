import type { AnswerSink } from '#libs/dialects';
import { chunk, doneEvent, roleChunk, stopChunk } from '../../test/support/scripted-upstream.js';
import type { Egress } from '../egress/egress.js';
import { Relay, type RelayOwner, type RunOutput } from './relay.js';
import {
  nothingHeld,
  type VirtualCall,
  type VirtualClient,
  VirtualGateway,
} from '../../test/support/virtual-gateway.js';

const providers = [{ name: 'alpha', baseURL: 'http://alpha.test/v1' }];
const frame = (data: string) => `${Buffer.byteLength(data).toString(16)}\r\n${data}\r\n`;

async function streaming(
  maxEventBytes?: number,
): Promise<{ gateway: VirtualGateway; client: VirtualClient; call: VirtualCall }> {
  const limits = maxEventBytes === undefined ? {} : { maxEventBytes };
  const gateway = new VirtualGateway(1, { wrap: (dependencies) => ({ ...dependencies, limits }) });
  await gateway.serve({ providers });
  const client = gateway.chat(true);
  const call = gateway.calls[0]!;
  call.sent();
  call.head(200, 'text/event-stream');
  return { gateway, client, call };
}

/** A relay whose reader passes all, and commits with a chunk that says so. `isTaken`: nobody else's answer has begun. */
function alone(isTaken: boolean): { relay: Relay; writes: string[] } {
  const writes: string[] = [];
  const run = {
    subject: {},
    record: { stream: true },
    services: { limits: {} },
    committed() {},
    write: (text: string) => writes.push(text) > 0,
    writeFrames: () => writes.push('frames') > 0,
    ended: (rest: string) => writes.push(`${rest}, and the end`),
  } as unknown as RunOutput;
  const attempt = { commit: () => isTaken, succeed() {} } as unknown as RelayOwner;
  const egress = {
    reader: (_request: unknown, _head: unknown, sink: AnswerSink) => ({
      push(bytes: Buffer) {
        if (bytes.toString() === 'commit') sink.commit();
        sink.passAll(bytes);
      },
      end: () => sink.finish('stop'),
    }),
  } as unknown as Egress;
  return { relay: new Relay(attempt, run, egress, { status: 200, headers: [] }), writes };
}

describe('a stream on its way', () => {
  it('is held back until its first content, and then passes in one write a read', async () => {
    const { client, call } = await streaming();
    call.data(roleChunk);
    expect(client.heads).toBe(0);
    call.data(chunk({ content: 'x' }));
    expect(client.writes).toEqual([roleChunk + chunk({ content: 'x' })]);
    call.reads([chunk({ content: 'y' }), chunk({ content: 'z' })]);
    expect(client.writes.slice(1)).toEqual([chunk({ content: 'y' }) + chunk({ content: 'z' })]);
  });

  it("passes the upstream's chunk frames as they came, where all of a read passes", async () => {
    const { client, call } = await streaming();
    call.data(chunk({ content: 'x' }));
    const [y, z] = [chunk({ content: 'y' }), chunk({ content: 'z' })];
    call.reads([y, z], frame(y) + frame(z));
    expect(client.frames).toEqual([frame(y) + frame(z)]);
    expect(client.text).toContain(y + z);
  });

  it('frames anew where something of the read stays behind', async () => {
    const { client, call } = await streaming();
    call.data(chunk({ content: 'x' }));
    const [y, half] = [chunk({ content: 'y' }), 'data: {"choi'];
    call.reads([y, half], frame(y) + frame(half));
    expect(client.frames).toEqual([]);
    expect(client.writes.at(-1)).toBe(y);
    const rest = 'ces":[{"index":0,"delta":{"content":"z"}}]}\n\n';
    call.reads([rest], frame(rest));
    expect(client.frames).toEqual([]);
    expect(client.writes.at(-1)).toBe(half + rest);
  });

  it('passes no frames with what was held back before the commit point', async () => {
    const { client, call } = await streaming();
    call.data(roleChunk);
    const first = chunk({ content: 'x' });
    call.reads([first], frame(first));
    expect(client.frames).toEqual([]);
    expect(client.writes).toEqual([roleChunk + first]);
  });

  it('passes no frames where a reader that takes no notice of what is held says that all of the read passes', () => {
    const { relay, writes } = alone(true);
    for (const text of ['first', 'commit', 'third']) {
      relay.onData(Buffer.from(text));
      relay.onRead(Buffer.from(frame(text)));
    }
    expect(writes).toEqual(['firstcommit', 'frames']);
  });

  it.each([
    ['once its read is over', true, ['commit', 'second', 'third']],
    ['once nobody takes what follows', false, ['first', 'commit']],
  ])('keeps nothing of what passes %s', (_when, isTaken, texts) => {
    const { relay } = alone(isTaken);
    for (const text of texts) relay.onData(Buffer.from(text));
    if (isTaken) relay.onRead(Buffer.from(texts.map(frame).join('')));
    const { passing } = relay as unknown as { passing: readonly Buffer[] };
    expect(passing).toHaveLength(texts.length);
    expect(Buffer.concat(passing)).toHaveLength(0);
  });

  it('ends with what its last read brought', () => {
    const { relay, writes } = alone(true);
    relay.onData(Buffer.from('commit'));
    relay.onRead(undefined);
    relay.onData(Buffer.from('last'));
    relay.onEnd();
    expect(writes).toEqual(['commit', 'last, and the end']);
  });

  it('whose last read brings content and the end is written whole, and counted whole', async () => {
    const { client, call, gateway } = await streaming();
    call.data(chunk({ content: 'x' }));
    const last = [chunk({ content: 'y' }), stopChunk + doneEvent];
    call.endsWith(last);
    expect(client.writes).toEqual([chunk({ content: 'x' }), last.join('')]);
    expect(client.ends).toBe(1);
    expect(gateway.finished).toMatchObject([{ finish: 'Completed', responseBytes: client.text.length }]);
    expect(gateway.held()).toEqual(nothingHeld);
  });

  it('that ends whole has succeeded before its client hears so: what ends a run cancels what it finds under way', async () => {
    const { gateway, call } = await streaming();
    const truncations = () =>
      [...gateway.runtime.routing.breakers.byId.entries()].map(
        ([, { state }]) => state.phase === 'Closed' && state.consecutiveTruncations,
      );
    call.data(chunk({ content: 'x' }));
    call.fail();
    expect(truncations()).toEqual([1]);
    gateway.chat(true);
    const whole = gateway.calls[1]!;
    whole.sent();
    whole.head(200, 'text/event-stream');
    whole.data(chunk({ content: 'x' }));
    whole.endsWith([stopChunk + doneEvent]);
    expect(gateway.finished[1]).toMatchObject({ finish: 'Completed', attempts: [{ outcome: 'Success' }] });
    expect(truncations()).toEqual([0]);
  });

  it('whose last read brings content but no end marker has passed it on before it says so', async () => {
    const { client, call, gateway } = await streaming();
    call.data(chunk({ content: 'x' }));
    call.endsWith([chunk({ content: 'y' })]);
    expect(client.writes.slice(0, 2)).toEqual([chunk({ content: 'x' }), chunk({ content: 'y' })]);
    expect(client.writes[2]).toContain('stream_interrupted');
    expect(gateway.finished).toMatchObject([{ finish: 'Failed', responseBytes: client.text.length }]);
  });

  it('what came before an error in the same read is passed on', async () => {
    const { client, call, gateway } = await streaming();
    call.reads([chunk({ content: 'x' }), 'data: {"error":{"message":"no"}}\n\n']);
    expect(client.text).toContain(chunk({ content: 'x' }));
    expect(client.text).toContain('stream_interrupted');
    expect(gateway.held()).toEqual(nothingHeld);
  });

  it('that has no content, and no end, is given up', async () => {
    const { client, call, gateway } = await streaming(1_000);
    for (let at = 0; at < 20; at += 1) call.data(roleChunk);
    expect(call.isAborted).toBe(true);
    expect(gateway.finished[0] ?? client).toBeDefined();
    expect(client.text).not.toContain('assistant');
  });

  it('pauses where the client takes no more, and goes on where it does', async () => {
    const { client, call } = await streaming();
    client.isSlow = true;
    call.data(chunk({ content: 'x' }));
    expect(call.takesMore(chunk({ content: 'y' }))).toBe(false);
    client.catchUp();
    expect(call.resumed).toBe(1);
    expect(call.takesMore(chunk({ content: 'z' }))).toBe(true);
  });

  it('has a second to end once all of it is there; cut off then, it is whole all the same', async () => {
    const { client, call, gateway } = await streaming();
    call.data(chunk({ content: 'x' }) + stopChunk + doneEvent);
    expect(client.ends).toBe(0);
    await gateway.clock.advanceAsync(1_100);
    expect(client.ends).toBe(1);
    expect(gateway.finished).toMatchObject([{ finish: 'Completed', finishReason: 'stop' }]);
    expect(gateway.held()).toEqual(nothingHeld);
  });
});
