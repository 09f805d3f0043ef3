import type { BackendEntry, KeyPoolEntry, RetryPolicy, RouteEntry, RouteRule } from '#libs/routing-table';
import { type BreakerState, breakerAdmits } from '../breaker.js';
import type { RequestFacts } from '../context.js';
import { decide } from '../decide.js';
import type { Decision } from '../decision.js';
import type { History, HistoryEntry } from '../history.js';
import { KeyIndex } from '../keys/key-index.js';
import { matchRule } from '../match-rule.js';
import type { Candidate } from '../candidate.js';
import type { RestCause } from '../keys/obstacles.js';
import { type PreparedRoute, type PreparedRule, prepareRoute } from '../prepared-route.js';
import type { Advancing, ConnectionsView, StateView } from '../state-view.js';
import type { Strategy } from '../strategies/strategy.js';

export interface BackendSpec {
  readonly keys?: readonly string[];
  readonly weight?: number;
  readonly priority?: number;
  readonly onExhausted?: KeyPoolEntry['onExhausted'];
  readonly selection?: KeyPoolEntry['selection'];
  /** Permits of each key; 1 unless said. */
  readonly maxConcurrency?: number;
  readonly connections?: BackendEntry['connections'];
  /** The backend whose pool it shares; absent: it has one of its own. */
  readonly pool?: string;
}

export interface WorldSpec {
  readonly backends: Readonly<Record<string, BackendSpec>>;
  readonly fallbacks?: RouteRule['fallbacks'];
  /** Backends that only fallbacks name. */
  readonly outside?: Readonly<Record<string, BackendSpec>>;
  readonly retry?: Partial<RetryPolicy>;
  readonly timeouts?: RouteEntry['timeouts'];
  readonly together?: Strategy['together'];
  /** Backends that the table hasn't, and those whose pools it hasn't. */
  readonly missing?: readonly string[];
  readonly missingPools?: readonly string[];
}

export const retryDefaults: RetryPolicy = {
  maxAttempts: 3,
  maxRetryAfterMs: 20_000,
  backoff: { baseMs: 200, factor: 2, maxMs: 8000, jitter: 'None' },
  budget: { percent: 20, intervalMs: 10_000, minPerSecond: 10 },
  rules: [],
};

/** A route over backends (each with a pool of its name) and the state around it, all of it in the open. */
export class World implements StateView, Advancing {
  readonly route: PreparedRoute;
  readonly breakers = new Map<string, BreakerState>();
  balance = 100;
  queued = 0;
  readonly connectionsInUse = new Map<string, number>();
  connectionsWaiting = 0;
  private readonly indexes = new Map<string, KeyIndex>();
  private rests: { readonly backend: string; readonly credential: string; readonly untilMs: number }[] = [];

  constructor(spec: WorldSpec) {
    const all: Readonly<Record<string, BackendSpec>> = { ...spec.backends, ...spec.outside };
    const entry: RouteEntry = {
      namespace: 'default',
      name: 'chat',
      rules: [
        {
          name: 'all',
          backends: Object.entries(spec.backends).map(([backend, { weight = 1, priority = 0 }]) => ({
            backend,
            weight,
            priority,
          })),
          fallbacks: spec.fallbacks ?? [],
        },
      ],
      retry: { ...retryDefaults, ...spec.retry },
      timeouts: spec.timeouts ?? {},
    };
    const prepared = prepareRoute(entry, {
      backend: (key) => (key in all && spec.missing?.includes(key) !== true ? backendEntry(key, all[key]) : undefined),
      keyPool: (key) => (spec.missingPools?.includes(key) === true ? undefined : poolEntry(key, all[key] ?? {})),
    });
    const { together } = spec;
    this.route = { ...prepared, rules: prepared.rules.map((rule) => withStrategy(rule, together)) };
  }

  decide(history: History = [], nowMs = 0, facts: Partial<RequestFacts> = {}, seed = 1): Decision {
    this.advance(nowMs);
    return this.ask(history, nowMs, facts, seed);
  }

  /** Without bringing back what time brings back. */
  ask(history: History, nowMs: number, facts: Partial<RequestFacts>, seed: number): Decision {
    const rule = matchRule(this.route, { headers: {} });
    return decide(this.route, { rule, startedMs: 0, deadlineMs: Infinity, ...facts }, history, this, nowMs, seed);
  }

  open(backend: string, untilMs: number): void {
    this.breakers.set(backend, { phase: 'Open', epoch: 1, openings: 1, untilMs });
  }

  cool(backend: string, key: string, untilMs: number, cause: RestCause = 'RateLimited'): void {
    const credential = `${backend}/${key}`;
    this.index(backend).rest(credential, untilMs, cause);
    this.rests = [...this.rests.filter((rest) => rest.credential !== credential), { backend, credential, untilMs }];
  }

  advance(nowMs: number): void {
    for (const { backend, credential, untilMs } of this.rests) {
      if (untilMs <= nowMs) this.index(backend).rest(credential, 0, 'RateLimited');
    }
    this.rests = this.rests.filter(({ untilMs }) => untilMs > nowMs);
  }

  fill(backend: string, key: string): void {
    this.index(backend).setInFlight(`${backend}/${key}`, 1);
  }

  index(backend: string): KeyIndex {
    return this.keys(this.candidate(backend));
  }

  admits(backend: string, nowMs: number): boolean {
    return breakerAdmits(this.breakers.get(backend), this.candidate(backend).entry.breaker, nowMs);
  }

  candidate(backend: string): Candidate {
    return this.candidates().find((candidate) => candidate.backend === backend)!;
  }

  /** False: drained, or named by nothing. */
  has(backend: string): boolean {
    return this.candidates().some((candidate) => candidate.backend === backend);
  }

  private candidates(): readonly Candidate[] {
    const { tiers, fallbacks } = this.route.rules[0]!;
    const lists = [tiers, ...Object.values(fallbacks)].flatMap(({ list }) => list);
    return lists.flatMap((tier) => tier.candidates);
  }

  breaker({ entry }: Candidate): BreakerState | undefined {
    return this.breakers.get(entry.breakerId);
  }

  keys({ backend, pool, entry }: Candidate): KeyIndex {
    let index = this.indexes.get(backend);
    if (index === undefined) this.indexes.set(backend, (index = new KeyIndex(pool, entry.model)));
    return index;
  }

  connections({ backend }: Candidate): ConnectionsView {
    return { id: backend, inUse: this.connectionsInUse.get(backend) ?? 0, waiting: this.connectionsWaiting };
  }

  retryBalance(): number {
    return this.balance;
  }

  queueDepth(): number {
    return this.queued;
  }
}

function withStrategy(rule: PreparedRule, together: Strategy['together']): PreparedRule {
  return together === undefined ? rule : { ...rule, strategy: { ...rule.strategy, together } };
}

/** A failed attempt that took no time. */
export function failed(
  backend: string,
  key: string,
  outcome: HistoryEntry['outcome'],
  more: Partial<HistoryEntry> = {},
): HistoryEntry {
  return { backend, pool: backend, key, outcome, progress: 'Headers', startedMs: 0, endedMs: 0, ...more };
}

export const breakerPolicy: BackendEntry['breaker'] = {
  consecutiveFailures: 5,
  failureRatio: { percent: 50, minRequests: 20, windowMs: 30_000 },
  openForMs: 30_000,
  maxOpenForMs: 300_000,
  halfOpenProbes: 1,
  successesToClose: 2,
  maxEjectedPercent: 50,
};

export function backendEntry(name: string, { connections, pool = name }: BackendSpec = {}): BackendEntry {
  return {
    id: name,
    namespace: 'default',
    provider: name,
    model: 'model',
    upstreamName: 'model',
    keyPool: pool,
    breakerId: name,
    dialect: 'OpenAI',
    vendor: 'OpenAI',
    baseURL: 'https://upstream.example',
    allowInsecure: false,
    allowPrivateNetwork: false,
    auth: { type: 'Bearer' },
    headers: [],
    timeouts: { connectMs: 5000, firstByteMs: 60_000, streamIdleMs: 60_000, requestMs: 600_000 },
    connections: connections ?? { max: 256, maxPending: 1024 },
    breaker: breakerPolicy,
  };
}

export function poolEntry(
  name: string,
  { keys = ['k1'], onExhausted, selection = 'WeightedRandom', maxConcurrency = 1 }: BackendSpec,
): KeyPoolEntry {
  return {
    namespace: 'default',
    name,
    provider: name,
    selection,
    keys: keys.map((key) => ({
      name: key,
      credential: `${name}/${key}`,
      weight: 1,
      limiterId: `${name}/${key}`,
      maxConcurrency,
    })),
    cooldown: { rateLimitMs: 10_000, maxRateLimitMs: 300_000, quotaMs: 3_600_000, auth: 'UntilRotated' },
    onExhausted: onExhausted ?? { type: 'Fallback', queue: { maxDepth: 100, maxWaitMs: 2000 } },
  };
}
