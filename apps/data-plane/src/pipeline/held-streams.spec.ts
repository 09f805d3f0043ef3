import { chunk, doneEvent, stopChunk } from '../../test/support/scripted-upstream.js';
import { nothingHeld, VirtualGateway } from '../../test/support/virtual-gateway.js';

const STREAMS = 10_000;
const timeouts = { connectMs: 5_000, firstByteMs: 10_000, streamIdleMs: 600_000, requestMs: 3_600_000 };
const turn = () => new Promise((resolve) => setImmediate(resolve));

it('10,000 idle streams outlive every reload, and the tables they hold go with them', async () => {
  const gateway = new VirtualGateway(1);
  const serve = (name: string) =>
    gateway.serve({
      providers: [
        {
          name,
          baseURL: `http://${name}.test/v1`,
          backend: { timeouts, connections: { max: STREAMS, maxPending: 0 } },
        },
      ],
    });
  await serve('alpha');
  for (let stream = 0; stream < STREAMS; stream += 1) gateway.chat(true);
  for (const call of gateway.calls) {
    call.sent();
    call.head(200, 'text/event-stream');
    call.data(chunk({ content: 'first' }));
  }
  await turn();
  for (const name of ['beta', 'gamma', 'delta']) {
    await serve(name);
    await gateway.clock.advanceAsync(1_000);
  }
  // The one they were started with and the newest; those between had no request.
  expect(gateway.held()).toMatchObject({ running: STREAMS, keys: STREAMS, tables: 2 });
  expect(gateway.clients.some(({ ends }) => ends > 0)).toBe(false);
  for (const call of gateway.calls) {
    call.data(stopChunk + doneEvent);
    call.end();
  }
  expect(gateway.clients.every(({ ends, text }) => ends === 1 && text.endsWith(doneEvent))).toBe(true);
  expect(gateway.held()).toEqual(nothingHeld);
});
