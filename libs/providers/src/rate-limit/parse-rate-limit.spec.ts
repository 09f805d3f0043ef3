import { profileOf, profiles } from '../registry.js';

const signal = (vendor: string, headers: Record<string, string>, nowMs = 0) =>
  profileOf(vendor).parseRateLimit(headers, '', nowMs);

describe('rate-limit headers', () => {
  it('of OpenAI and Groq tell of requests and tokens', () => {
    const headers = {
      'x-ratelimit-limit-requests': '5000',
      'x-ratelimit-remaining-requests': '4999',
      'x-ratelimit-reset-requests': '12ms',
      'x-ratelimit-limit-tokens': '160000',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '6m0s',
      'retry-after': '3',
    };
    expect(signal('OpenAI', headers)).toEqual({
      requests: { limit: 5000, remaining: 4999, resetMs: 12 },
      tokens: { limit: 160_000, remaining: 0, resetMs: 360_000 },
      retryAfterMs: 3000,
    });
  });

  it('of Mistral may tell what is left only', () => {
    expect(signal('Mistral', { 'x-ratelimit-remaining': '7' })).toEqual({ requests: { remaining: 7 }, tokens: {} });
  });

  it('of OpenRouter reset at a time', () => {
    const headers = { 'x-ratelimit-limit': '20', 'x-ratelimit-reset': '1700000060000' };
    expect(signal('OpenRouter', headers, 1_700_000_000_000).requests).toEqual({ limit: 20, resetMs: 60_000 });
    expect(signal('OpenRouter', headers, 1_800_000_000_000).requests.resetMs).toBe(0);
  });

  it('that make no sense are not told', () => {
    const headers = {
      'x-ratelimit-limit-requests': 'many',
      'x-ratelimit-remaining-requests': '-1',
      'x-ratelimit-reset-requests': '-1',
      'x-ratelimit-reset-tokens': '30',
    };
    expect(signal('OpenAI', headers)).toEqual({ requests: {}, tokens: { resetMs: 30_000 } });
    expect(signal('OpenAI', {})).toEqual({ requests: {}, tokens: {} });
  });
});

describe('the registry', () => {
  it('has one profile a vendor, each of a known dialect and with its address', () => {
    expect(new Set(profiles.map((profile) => profile.vendor)).size).toBe(profiles.length);
    for (const { dialect, auth, defaults, vendor } of profiles) {
      expect(dialect).toBe('OpenAI');
      expect(auth).toEqual({ type: 'Bearer' });
      expect(defaults.baseURL === undefined).toBe(vendor === 'OpenAICompatible');
      if (defaults.baseURL !== undefined) expect(new URL(defaults.baseURL).protocol).toBe('https:');
    }
  });

  it('treats vendors that it does not know as compatible', () => {
    expect(profileOf('constructor').vendor).toBe('OpenAICompatible');
  });
});
