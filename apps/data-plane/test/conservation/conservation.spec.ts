import type { RequestRecord } from '../../src/record/request-record.js';
import { nothingHeld } from '../support/virtual-gateway.js';
import { race } from '../support/race.js';
import { VirtualTraffic } from './virtual-traffic.js';

/** 100,000 take about a minute. */
const requests = Number(process.env['CONSERVATION_REQUESTS'] ?? 3_000);
const seeds = [1, 2, 3];

it.each([
  ...seeds.map((seed) => ({ seed, attempts: 'one attempt at a time', decide: undefined })),
  { seed: 4, attempts: 'several at once', decide: race },
])(
  'of all that is taken under faults, aborts, swaps and revocations nothing stays taken: $attempts, seed $seed',
  async ({ seed, decide }) => {
    const traffic = new VirtualTraffic(seed, { decide });
    await traffic.run(Math.ceil(requests / seeds.length));
    const { gateway } = traffic;

    expect(traffic.escaped).toEqual([]);
    expect(gateway.held()).toEqual(nothingHeld);
    expect(gateway.calls.filter((call) => !call.isOver)).toHaveLength(0);
    expect(gateway.started).toBe(gateway.clients.length);
    expect(gateway.finished).toHaveLength(gateway.started);
    expect(new Set(gateway.finished).size).toBe(gateway.started);
    for (const client of gateway.clients) {
      if (traffic.hasLeft(client)) expect([client.heads, client.ends]).not.toContain(2);
      else expect([client.heads, client.ends]).toEqual([1, 1]);
    }
    expect(gateway.finished.filter(({ errorCode }) => errorCode === 'internal_error')).toHaveLength(0);
    // Only where several run at once does a later one win over an earlier.
    const hasLost = ({ attempts }: RequestRecord): boolean =>
      attempts.some(({ outcome }, index) => outcome === 'Success' && index > 0 && attempts[0]!.outcome === 'Cancelled');
    expect(gateway.finished.some(hasLost)).toBe(decide !== undefined);
    // That it is not the peace of a graveyard.
    const outcomes = new Set(gateway.finished.map(({ finish, errorCode }) => `${finish} ${errorCode}`));
    expect(outcomes.size).toBeGreaterThan(8);
    expect(gateway.finished.filter(({ finish }) => finish === 'Completed').length).toBeGreaterThan(gateway.started / 4);
  },
  300_000,
);
