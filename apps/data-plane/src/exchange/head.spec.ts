import { chunk, doneEvent, stopChunk } from '../../test/support/scripted-upstream.js';
import { nothingHeld, type VirtualClient, VirtualGateway } from '../../test/support/virtual-gateway.js';

const configuration = { providers: [{ name: 'alpha', baseURL: 'http://alpha.test/v1' }] };

/** As node does with a header that it can't write. */
function refusesFirstHead(client: VirtualClient): void {
  const start = client.start.bind(client);
  client.start = () => {
    client.start = start;
    throw new Error('a character in a header');
  };
}

describe('a head that can not be written', () => {
  it.each([false, true])('is an error response of ours, not an event of a stream (stream: %s)', async (stream) => {
    const gateway = new VirtualGateway(1);
    await gateway.serve(configuration);
    const client = gateway.chat(stream);
    refusesFirstHead(client);
    const call = gateway.calls[0]!;
    call.sent();
    call.head(200, stream ? 'text/event-stream' : 'application/json');
    call.data(
      stream
        ? chunk({ content: 'x' }) + stopChunk + doneEvent
        : '{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}',
    );
    call.end();
    expect(client).toMatchObject({ status: 500, heads: 1, ends: 1, isDestroyed: false });
    expect(JSON.parse(client.text)).toMatchObject({ error: { code: 'internal_error' } });
    expect(gateway.finished).toMatchObject([{ finish: 'Failed', status: 500, errorCode: 'internal_error' }]);
    expect(gateway.held()).toEqual(nothingHeld);
  });
});
