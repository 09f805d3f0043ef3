import { resettableState } from '../src/admin/resettable-state.js';
import { stateRoute } from '../src/admin/state-route.js';
import { stateSources } from '../src/reporting/state-sources.js';
import { stateHead, stateSections } from '../src/admin/state-sections.js';
import { showSection } from '../src/admin/state-section.js';
import { BREAKER, type Configuration } from './support/entries.js';
import { VirtualGateway } from './support/virtual-gateway.js';

const json = 'application/json';
const configuration: Configuration = {
  providers: [
    {
      name: 'alpha',
      baseURL: 'http://alpha.test/v1',
      keys: [
        { name: 'first', maxConcurrency: 1 },
        { name: 'second', maxConcurrency: 1 },
      ],
      pool: { onExhausted: { type: 'Queue', queue: { maxDepth: 3, maxWaitMs: 5_000 } } },
      backend: { breaker: { ...BREAKER, consecutiveFailures: 1, openForMs: 30_000 } },
    },
    { name: 'beta', baseURL: 'http://beta.test/v1', priority: 1 },
  ],
};

type Item = Record<string, unknown>;
type State = Record<
  'breakers' | 'cooldowns' | 'backends' | 'keys' | 'connections' | 'queues' | 'consumers',
  { total: number; items: Item[] }
> & {
  table: Item;
  requests: Item;
};

describe('the state that GET /state shows', () => {
  let gateway: VirtualGateway;
  beforeEach(async () => {
    gateway = new VirtualGateway(1);
    await gateway.serve(configuration);
  });

  async function state(query = ''): Promise<State> {
    const { runtime } = gateway;
    const route = stateRoute({ head: () => stateHead('vm', runtime, true), sections: stateSections(runtime) });
    const { body } = await route.handle({ query: new URLSearchParams(query), body: Buffer.alloc(0) });
    return JSON.parse(body) as State;
  }
  const at = (afterMs: number) => new Date(gateway.clock.epochMs() + afterMs).toISOString();
  function answer(call: number, status: number, body = '{}'): void {
    gateway.calls[call]?.sent();
    gateway.calls[call]?.head(status, json);
    gateway.calls[call]?.data(body);
    gateway.calls[call]?.end();
  }

  it('has the table, and what requests have taken', async () => {
    gateway.chat(false);
    gateway.chat(false);
    const { table, requests, backends, keys, connections, consumers } = await state();
    expect([table, requests]).toEqual([{ revision: 1, version: expect.any(String) }, { inFlight: 2 }]);
    expect(backends.items[0]).toEqual({ backend: 'default/alpha/m', provider: 'default/alpha', inFlight: 2 });
    expect(keys.items.slice(0, 2)).toEqual([
      { quotaGroup: 'default/alpha/first', inFlight: 1 },
      { quotaGroup: 'default/alpha/second', inFlight: 1 },
    ]);
    expect(connections.items[0]).toEqual({
      target: expect.stringContaining('default/alpha http://alpha.test'),
      inUse: 2,
    });
    expect(consumers.items).toEqual([{ consumer: 'default/demo', inFlight: 2 }]);
  });

  it('counts the attempts at a backend over the tables that they began under, until they end', async () => {
    gateway.chat(true);
    const [changed, other] = configuration.providers;
    await gateway.serve({ providers: [{ ...changed!, keys: [{ name: 'first' }, { name: 'third' }] }, other!] });
    gateway.chat(true);
    const inFlight = async () => (await state('provider=alpha')).backends.items;
    expect(await inFlight()).toEqual([{ backend: 'default/alpha/m', provider: 'default/alpha', inFlight: 2 }]);
    gateway.clients[0]?.leave();
    expect(await inFlight()).toEqual([{ backend: 'default/alpha/m', provider: 'default/alpha', inFlight: 1 }]);
    await gateway.serve({ providers: [other!] });
    gateway.clients[1]?.leave();
    expect(await inFlight()).toEqual([]);
  });

  it('has who waits, and for what', async () => {
    await gateway.serve({ providers: configuration.providers.slice(0, 1) });
    for (let request = 0; request < 4; request += 1) gateway.chat(false);
    expect((await state()).queues.items).toEqual([{ for: 'default/alpha', waiting: 2 }]);
    expect((await state('provider=alpha')).queues.total).toBe(1);
    expect((await state('provider=beta')).queues.total).toBe(0);
  });

  it('has what opened a breaker, since when and until when, before the closed ones', async () => {
    gateway.chat(false);
    gateway.clock.advance(1_000);
    answer(0, 500);
    gateway.clock.advance(2_000);
    answer(1, 200);
    const { breakers } = await state();
    expect(breakers.items[0]).toEqual({
      breaker: 'default/alpha/m',
      phase: 'Open',
      since: at(-2_000),
      until: at(28_000),
      openings: 1,
      cause: 'ServerError',
    });
    expect(breakers.items[1]).toMatchObject({ breaker: 'default/beta/m', phase: 'Closed' });
  });

  it.each(['ConnectionRefused', 'NameNotFound', 'TlsError', 'FirstByteTimeout'] as const)(
    'has the failure of the transport that opened a breaker: %s',
    async (failure) => {
      gateway.chat(false);
      gateway.calls[0]?.fail(failure);
      expect((await state()).breakers.items[0]).toMatchObject({ phase: 'Open', code: failure });
    },
  );

  it('shows a breaker whose time is over as half-open, also before anyone has asked, and so does the metric', async () => {
    gateway.chat(false);
    gateway.clock.advance(1_000);
    answer(0, 500);
    const table = { current: undefined, onPrepare: () => {}, onSwap: () => {} };
    const sources = stateSources(gateway.runtime, table, {
      controlPlaneConnected: () => true,
      snapshotFailingForMs: () => 0,
    });
    const metric = () => [...sources.breakers()].find(({ id }) => id === 'default/alpha/m')?.phase;
    gateway.clock.advance(29_999);
    expect([(await state()).breakers.items[0]?.['phase'], metric()]).toEqual(['Open', 'Open']);
    gateway.clock.advance(1);
    expect((await state()).breakers.items[0]).toEqual({
      breaker: 'default/alpha/m',
      phase: 'HalfOpen',
      since: at(0),
      openings: 1,
      cause: 'ServerError',
      probesInFlight: 0,
      successes: 0,
    });
    expect(metric()).toBe('HalfOpen');
  });

  it('has why a key rests and until when, and nothing of its value', async () => {
    gateway.chat(false);
    answer(0, 401, '{"error": {"code": "invalid_api_key", "message": "no"}}');
    answer(1, 429);
    const text = JSON.stringify(await state());
    const { cooldowns } = JSON.parse(text) as State;
    expect(cooldowns.items).toEqual([
      { key: 'default/alpha/first', credential: 'default/alpha/first', cause: 'Auth', until: null },
      {
        key: 'default/alpha/second',
        model: 'm',
        credential: 'default/alpha/second',
        cause: 'RateLimited',
        until: at(10_000),
      },
    ]);
    expect(text).not.toContain(gateway.credentials.resolve('default/alpha/first')!.value);
  });

  it('has a key that is on trial after its rest, and no time at which that ends', async () => {
    gateway.chat(false);
    answer(0, 429, '{"error": {"code": "insufficient_quota", "message": "no"}}');
    answer(1, 200);
    const key = {
      key: 'default/alpha/first',
      credential: 'default/alpha/first',
      cause: 'QuotaExhausted',
      onTrial: true,
    };
    expect((await state()).cooldowns.items).toEqual([{ ...key, until: at(3_600_000) }]);
    gateway.clock.advance(3_600_000);
    expect((await state()).cooldowns.items).toEqual([key]);
    expect(resettableState(gateway.runtime).resetCooldown('default/alpha/first')).toEqual({
      result: 'Reset',
      message: 'it was on trial: one request at a time',
    });
    expect((await state()).cooldowns.total).toBe(0);
  });

  it('looks at keys in slices also where none of them rests', async () => {
    const { routing } = gateway.runtime;
    for (let key = 0; key < 5_000; key += 1) routing.credentials.byId.get(`default/alpha/unused-${key}`);
    let pauses = 0;
    const pause = async () => void (pauses += 1);
    const cooldowns = stateSections(gateway.runtime).find(({ name }) => name === 'cooldowns')!;
    await showSection(cooldowns, { provider: undefined, limit: 100 }, pause);
    expect(pauses).toBe(5);
  });

  it('shows a pause that is over no longer, also before anyone has asked for the key', async () => {
    gateway.chat(false);
    // Between two looks of the upkeep, which is every second.
    gateway.calls[0]?.head(429, json, ['retry-after-ms', '1500']);
    gateway.calls[0]?.end();
    gateway.clients[0]?.leave();
    gateway.clock.advance(1_499);
    expect((await state()).cooldowns.total).toBe(1);
    gateway.clock.advance(1);
    expect((await state()).cooldowns).toEqual({ total: 0, items: [] });
  });
});
