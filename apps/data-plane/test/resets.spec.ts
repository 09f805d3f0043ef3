import { type ResettableState, resettableState } from '../src/admin/resettable-state.js';
import { BREAKER, type Configuration, ONE_ATTEMPT } from './support/entries.js';
import { type VirtualClient, VirtualGateway } from './support/virtual-gateway.js';

const json = 'application/json';
const configuration: Configuration = {
  providers: [
    {
      name: 'alpha',
      baseURL: 'http://alpha.test/v1',
      backend: { breaker: { ...BREAKER, consecutiveFailures: 2, openForMs: 30_000 } },
    },
  ],
  route: { retry: ONE_ATTEMPT },
};
const breaker = 'default/alpha/m';
const credential = 'default/alpha/key-0';

describe('a reset of state', () => {
  let gateway: VirtualGateway;
  let state: ResettableState;

  beforeEach(async () => {
    gateway = new VirtualGateway(1);
    await gateway.serve(configuration);
    state = resettableState(gateway.runtime);
  });

  /** One request, answered with this status if it gets to the upstream. */
  function ask(status: number, body = '{}'): { client: VirtualClient; reachedUpstream: boolean } {
    const before = gateway.calls.length;
    const client = gateway.chat(false);
    const call = gateway.calls[before];
    call?.sent();
    call?.head(status, json);
    call?.data(body);
    call?.end();
    return { client, reachedUpstream: call !== undefined };
  }

  it('closes an open breaker: the next request goes upstream, and two failures open it again', () => {
    ask(500);
    ask(500);
    expect(ask(500).reachedUpstream).toBe(false);
    expect(state.resetBreaker(breaker)).toEqual({ result: 'Reset', message: 'it was open' });
    expect(ask(500).reachedUpstream).toBe(true);
    expect(ask(500).reachedUpstream).toBe(true);
    expect(ask(500).reachedUpstream).toBe(false);
  });

  it('counts no result of an attempt that started before it', () => {
    ask(500);
    const slow = gateway.calls.length;
    gateway.chat(false);
    state.resetBreaker(breaker);
    ask(500);
    gateway.calls[slow]?.fail();
    expect(ask(500).reachedUpstream).toBe(true);
  });

  it('of a closed breaker forgets its counts', () => {
    ask(500);
    expect(state.resetBreaker(breaker)).toMatchObject({ result: 'Unchanged' });
    ask(500);
    expect(ask(500).reachedUpstream).toBe(true);
  });

  it('ends the pause of a key that was refused', () => {
    ask(401, '{"error": {"code": "invalid_api_key", "message": "no"}}');
    expect(ask(401).reachedUpstream).toBe(false);
    expect(state.resetCooldown(credential)).toEqual({
      result: 'Reset',
      message: 'it was paused until its value changed',
    });
    expect(ask(200).reachedUpstream).toBe(true);
    expect(state.resetCooldown(credential)).toMatchObject({ result: 'Unchanged' });
  });

  it('says for how long a pause would have gone on', () => {
    ask(429);
    gateway.clock.advance(4_000);
    expect(state.resetCooldown(credential)).toEqual({ result: 'Reset', message: 'it was paused for another 6 s' });
  });

  it('of what was never used changes nothing, and makes nothing', () => {
    expect(state.resetBreaker('default/none/m')).toMatchObject({ result: 'Unknown' });
    expect(state.resetCooldown('default/none/key')).toMatchObject({ result: 'Unknown' });
    expect(state.resetBreaker('default/none/m')).toMatchObject({ result: 'Unknown' });
  });
});
