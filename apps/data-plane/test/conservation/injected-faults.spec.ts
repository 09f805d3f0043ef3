import { Relay } from '../../src/runs/relay.js';
import { nothingHeld, VirtualGateway } from '../support/virtual-gateway.js';
import { entryPoints } from './entry-points.js';
import { throwOnce } from './throw-once.js';
import { VirtualTraffic } from './virtual-traffic.js';

const requests = Number(process.env['CONSERVATION_FAULT_REQUESTS'] ?? 100);
/** Which call throws: the first, and one in the midst of traffic. The others are for places that these did not come to. */
const calls = [1, 5, 1, 1, 1, 1];

describe.each(entryPoints)('after $name threw once', ({ arm }) => {
  it('nothing stays taken, and each request has its end', async () => {
    let thrown = 0;
    for (const [seed, nth] of calls.entries()) {
      if (seed > 1 && thrown > 0) break;
      const traffic = new VirtualTraffic(seed + 11);
      const { gateway } = traffic;
      const injection = arm(gateway, nth);
      try {
        await traffic.run(requests);
      } finally {
        injection.undo();
      }
      if (injection.hasThrown) thrown += 1;

      expect(traffic.escaped).toEqual([]);
      expect(gateway.held()).toEqual(nothingHeld);
      expect(gateway.calls.filter((call) => !call.isOver)).toHaveLength(0);
      const finished = new Set(gateway.finished);
      expect(finished.size).toBe(gateway.finished.length);
      // The observer may have been what threw.
      expect(gateway.started - finished.size).toBeLessThanOrEqual(1);
      for (const client of gateway.clients) {
        const isClosed = traffic.hasLeft(client) || client.isDestroyed;
        expect([client.heads, client.ends]).toEqual(isClosed ? expect.anything() : [1, 1]);
      }
      // One fault, one request.
      expect(gateway.finished.filter(({ errorCode }) => errorCode === 'internal_error').length).toBeLessThanOrEqual(1);
    }
    expect(thrown).toBeGreaterThan(0);
  });
});

it('a request that a fault ends has its end even where what is under way cannot be cancelled without another', async () => {
  const gateway = new VirtualGateway(1);
  await gateway.serve({ providers: [{ name: 'alpha', baseURL: 'http://alpha.test/v1' }] });
  const client = gateway.chat(false);
  const [call] = gateway.calls;
  const faults = [throwOnce(call!, 'abort', 1, 'After'), throwOnce(Relay.prototype, 'onData', 1)];
  try {
    call!.sent();
    call!.head(200, 'application/json');
    call!.data('{');
  } finally {
    for (const fault of faults) fault.undo();
  }
  expect(faults.every(({ hasThrown }) => hasThrown)).toBe(true);
  expect(client).toMatchObject({ heads: 1, ends: 1, status: 500 });
  expect(gateway.held()).toEqual(nothingHeld);
});
