import { eventuallyPasses } from '#libs/testing';
import { Gateway } from '../support/gateway.js';
import { ScriptedUpstream } from '../support/scripted-upstream.js';
import { RealTraffic } from './real-traffic.js';

const requests = Number(process.env['CONSERVATION_REAL_REQUESTS'] ?? 1_000);

it('nothing stays taken over real sockets either, and each request ends once', async () => {
  const upstreams = [await ScriptedUpstream.start(), await ScriptedUpstream.start()] as const;
  const gateway = await Gateway.start();
  try {
    const traffic = new RealTraffic(gateway, upstreams, 7);
    await traffic.run(requests);
    await eventuallyPasses(() => expect(gateway.held()).toEqual({ running: 0, keys: 0, timers: 0 }));

    const ids = gateway.records.map(({ requestId }) => requestId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(traffic.answered.filter((id) => !ids.includes(id))).toEqual([]);
    const finishes = new Set(gateway.records.map(({ finish }) => finish));
    expect(finishes).toEqual(new Set(['Completed', 'Failed', 'Aborted']));
    const calls = upstreams.flatMap((upstream) => upstream.calls);
    await eventuallyPasses(() => expect(calls.filter((call) => call.abortedMs === 0)).toEqual([]));
  } finally {
    await gateway.stop();
    for (const upstream of upstreams) await upstream.stop();
  }
}, 300_000);
