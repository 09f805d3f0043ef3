import type { BackendEntry, KeyPoolEntry, RouteEntry } from '#libs/routing-table';
import {
  decide,
  KeyIndex,
  matchRule,
  newBreaker,
  prepareRoute,
  type BreakerState,
  type History,
  type PreparedRoute,
  type RequestFacts,
  type StateView,
} from './index.js';

describe('decide', () => {
  it('starts at the only backend with the only key', () => {
    const world = new World({ a: ['k1'] });
    expect(world.next([])).toMatchObject({
      attempts: [{ candidate: { backend: 'a' }, key: { name: 'k1' }, step: 'First' }],
    });
  });
});

/** A route over backends with their keys, and its state, all of it in the open. */
class World implements StateView {
  readonly route: PreparedRoute;
  readonly breakers = new Map<string, BreakerState>();
  readonly indexes = new Map<string, KeyIndex>();
  constructor(backends: Record<string, string[]>, route: Partial<RouteEntry> = {}) {
    const entry: RouteEntry = {
      namespace: 'default',
      name: 'chat',
      rules: [
        {
          name: 'all',
          backends: Object.keys(backends).map((backend) => ({ backend, weight: 1, priority: 0 })),
          fallbacks: [],
        },
      ],
      retry: {
        maxAttempts: 3,
        maxRetryAfterMs: 20_000,
        backoff: { baseMs: 200, factor: 2, maxMs: 8000, jitter: 'Full' },
        budget: { percent: 20, intervalMs: 10_000, minPerSecond: 10 },
        rules: [],
      },
      timeouts: {},
      ...route,
    };
    this.route = prepareRoute(entry, { backend: (k) => backendOf(k), keyPool: (k) => poolOf(k, backends[k]!) });
  }
  next(history: History, nowMs = 0, facts: Partial<RequestFacts> = {}) {
    const rule = matchRule(this.route, { headers: {} });
    return decide(this.route, { rule, startedMs: 0, deadlineMs: Infinity, ...facts }, history, this, nowMs, 1);
  }
  breaker(c: { entry: BackendEntry }) {
    return this.breakers.get(c.entry.breakerId) ?? newBreaker;
  }
  keys(c: { backend: string; pool: KeyPoolEntry; entry: BackendEntry }) {
    let index = this.indexes.get(c.backend);
    if (!index) this.indexes.set(c.backend, (index = new KeyIndex(c.pool, c.entry.model)));
    return index;
  }
  retryBalance() {
    return 10;
  }
  queueDepth() {
    return 0;
  }
}
function backendOf(name: string): BackendEntry {
  return {
    id: name,
    namespace: 'default',
    provider: name,
    model: 'm',
    upstreamName: 'm',
    keyPool: name,
    breakerId: name,
    dialect: 'openai',
    vendor: 'openai',
    baseURL: 'http://x',
    allowInsecure: true,
    allowPrivateNetwork: true,
    auth: { type: 'Bearer' },
    headers: [],
    timeouts: { connectMs: 5000, firstByteMs: 60000, streamIdleMs: 60000, requestMs: 600000 },
    connections: { max: 1, maxPending: 1 },
    breaker: {
      consecutiveFailures: 5,
      failureRatio: { percent: 50, minRequests: 20, windowMs: 30000 },
      openForMs: 30000,
      maxOpenForMs: 300000,
      halfOpenProbes: 1,
      successesToClose: 2,
      maxEjectedPercent: 50,
    },
  };
}
function poolOf(name: string, keys: string[]): KeyPoolEntry {
  return {
    namespace: 'default',
    name,
    provider: name,
    selection: 'WeightedRandom',
    keys: keys.map((k) => ({ name: k, credential: k, weight: 1, limiterId: k })),
    cooldown: { rateLimitMs: 10000, maxRateLimitMs: 300000, quotaMs: 3600000, auth: 'UntilRotated' },
    onExhausted: { type: 'Fallback', queue: { maxDepth: 1, maxWaitMs: 1 } },
  };
}
