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

const answers = [
  { what: 'a plain answer', stream: false, body: '{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}' },
  { what: 'a stream', stream: true, body: chunk({ content: 'x' }) + stopChunk + doneEvent },
  { what: 'a stream without content', stream: true, body: stopChunk + doneEvent },
];

describe('a head that can not be written', () => {
  it.each(answers)('is an error response of ours, and no event of a stream: $what', async ({ stream, body }) => {
    const gateway = new VirtualGateway(1);
    await gateway.serve(configuration);
    const client = gateway.chat(stream);
    refusesFirstHead(client);
    const call = gateway.calls[0]!;
    call.sent();
    call.head(200, stream ? 'text/event-stream' : 'application/json');
    call.data(body);
    call.end();
    expect(client).toMatchObject({ status: 500, heads: 1, ends: 1, isDestroyed: false });
    expect(JSON.parse(client.text)).toMatchObject({ error: { code: 'internal_error' } });
    expect(gateway.finished).toMatchObject([{ finish: 'Failed', status: 500, errorCode: 'internal_error' }]);
    expect(gateway.held()).toEqual(nothingHeld);
  });
});

function failsNextWrite(client: VirtualClient): { hasThrown: boolean } {
  const write = client.write.bind(client);
  const failing = { hasThrown: false };
  client.write = () => {
    client.write = write;
    failing.hasThrown = true;
    throw new Error('a bug');
  };
  return failing;
}

it('a write that fails at the very end ends its request once; the attempt had its whole answer', async () => {
  const gateway = new VirtualGateway(1);
  await gateway.serve(configuration);
  const client = gateway.chat(true);
  const failing = failsNextWrite(client);
  const call = gateway.calls[0]!;
  call.sent();
  // A plain document where a stream was asked for is written once it is whole.
  call.head(200, 'application/json');
  call.data('{"choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}]}');
  call.end();
  expect(failing.hasThrown).toBe(true);
  expect(gateway.finished).toMatchObject([{ finish: 'Failed', attempts: [{ outcome: 'Success' }] }]);
  expect(gateway.held()).toEqual(nothingHeld);
});

it('a write that fails at the last event of a stream leaves no timer for its end', async () => {
  const gateway = new VirtualGateway(1);
  await gateway.serve(configuration);
  const client = gateway.chat(true);
  const call = gateway.calls[0]!;
  call.sent();
  call.head(200, 'text/event-stream');
  call.data(chunk({ content: 'x' }));
  const failing = failsNextWrite(client);
  call.data(stopChunk + doneEvent);
  expect(failing.hasThrown).toBe(true);
  expect(gateway.finished).toMatchObject([{ finish: 'Failed', attempts: [{ outcome: 'Cancelled' }] }]);
  expect(gateway.held()).toEqual(nothingHeld);
});
