import { chunk, doneEvent, roleChunk, stopChunk } from '../../test/support/scripted-upstream.js';
import { VirtualGateway } from '../../test/support/virtual-gateway.js';

const content = chunk({ content: 'x' });

/** A chat whose answer's head has just come. */
async function answering({ stream }: { readonly stream: boolean }): Promise<VirtualGateway> {
  const gateway = new VirtualGateway(1);
  await gateway.serve({ providers: [{ name: 'alpha', baseURL: 'http://alpha.test/v1' }] });
  gateway.chat(stream);
  const call = gateway.calls[0]!;
  call.sent();
  call.head(200, stream ? 'text/event-stream' : 'application/json');
  return gateway;
}

async function streaming(): Promise<VirtualGateway> {
  const gateway = await answering({ stream: true });
  await gateway.clock.advanceAsync(100);
  return gateway;
}

describe('reads of a stream', () => {
  it('that follow each other within 2 ms are asked for together', async () => {
    const gateway = await streaming();
    const call = gateway.calls[0]!;
    call.data(content);
    expect(call.rested).toBe(0);
    await gateway.clock.advanceAsync(1);
    call.data(content);
    expect(call.rested).toBe(1);
    await gateway.clock.advanceAsync(1);
    call.reads([content, content]);
    expect(call.rested).toBe(2);
    expect(gateway.clients[0]?.writes).toEqual([content, content, content + content]);
  });

  it('with the first content are passed on at once; the next are put off where the head came right before', async () => {
    const gateway = await answering({ stream: true });
    const call = gateway.calls[0]!;
    call.data(content);
    expect([gateway.clients[0]?.writes, call.rested]).toEqual([[content], 1]);
  });

  it('that come alone are never waited for', async () => {
    const gateway = await streaming();
    const call = gateway.calls[0]!;
    for (let read = 0; read < 5; read += 1) {
      call.data(content);
      await gateway.clock.advanceAsync(2);
    }
    expect(call.rested).toBe(0);
  });

  it('are not put off before the first content, nor at the end', async () => {
    const gateway = await streaming();
    const call = gateway.calls[0]!;
    call.data(roleChunk);
    call.data(roleChunk);
    expect(call.rested).toBe(0);
    await gateway.clock.advanceAsync(5);
    call.data(content);
    call.data(stopChunk + doneEvent);
    call.data('\n');
    expect(call.rested).toBe(0);
  });

  it('are not put off for a plain answer', async () => {
    const gateway = await answering({ stream: false });
    const call = gateway.calls[0]!;
    call.data('{"choices":');
    call.data('[]}');
    expect(call.rested).toBe(0);
    call.end();
    expect(gateway.clients[0]?.status).toBe(200);
  });
});
