/**
 * The compiled form of the configuration: what a data plane needs to serve, and nothing that only the control plane
 * understands. Every entry is one JSON document under a kind and a key; order that matters is a field.
 *
 * Times are in milliseconds, names are the resources' names, ids are stable identities under which a data plane keeps
 * its mutable state. No entry holds a secret, a revision or a generation.
 */
export const SCHEMA_VERSION = 1;

export const entryKinds = ['Match', 'Route', 'Backend', 'KeyPool', 'Credential', 'Consumer'] as const;
export type EntryKind = (typeof entryKinds)[number];

/**
 * Who may answer for a model name in a namespace, best first. Key: `<namespace>/<pattern>`. A pattern is an exact name,
 * a glob with `*`, or `*`. A request tries the exact name's entry, then globs by falling literal length (ties: pattern),
 * then `*`; in each, the first candidate whose selector matches the consumer's labels wins.
 */
export interface MatchEntry {
  readonly namespace: string;
  readonly pattern: string;
  readonly candidates: readonly MatchCandidate[];
}
export interface MatchCandidate {
  /** Key of the Route entry. */
  readonly route: string;
  /** Absent: every consumer of the namespace. */
  readonly matchLabels?: Readonly<Record<string, string>>;
}

/** One RoutePolicy. Key: `<namespace>/<name>`. */
export interface RouteEntry {
  readonly namespace: string;
  readonly name: string;
  /** In order; the first rule that matches wins. */
  readonly rules: readonly RouteRule[];
  readonly retry: RetryPolicy;
  readonly timeouts: RouteTimeouts;
}
export interface RouteRule {
  readonly name: string;
  /** Any of these; absent: all requests. */
  readonly matches?: readonly RuleMatch[];
  readonly backends: readonly BackendRef[];
  /** By the error class of the last attempt; tried after `backends`. */
  readonly fallbacks: readonly { readonly errors: readonly string[]; readonly backends: readonly BackendRef[] }[];
}
/** All given fields must hold. Header names are lower-case. */
export interface RuleMatch {
  readonly headers?: readonly { readonly name: string; readonly value: string }[];
}
export interface BackendRef {
  /** Key of the Backend entry. */
  readonly backend: string;
  /** 0 drains. */
  readonly weight: number;
  /** Lower is tried first. */
  readonly priority: number;
}
export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly perTryTimeoutMs?: number;
  readonly maxRetryAfterMs: number;
  readonly backoff: {
    readonly baseMs: number;
    readonly factor: number;
    readonly maxMs: number;
    readonly jitter: 'Full' | 'None';
  };
  readonly budget: { readonly percent: number; readonly intervalMs: number; readonly minPerSecond: number };
  readonly rules: readonly RetryRule[];
}
export interface RetryRule {
  readonly errors: readonly string[];
  readonly maxRetries: number;
  readonly next: 'SameBackend' | 'NextKey' | 'NextBackend';
}
export interface RouteTimeouts {
  readonly requestMs?: number;
  readonly firstTokenMs?: number;
  readonly streamIdleMs?: number;
}

/** Compiled provider + model + key pool. Key: `<namespace>/<keyPool>/<model>`. */
export interface BackendEntry {
  readonly id: string;
  readonly namespace: string;
  readonly provider: string;
  readonly model: string;
  /** The name that the provider knows the model by. */
  readonly upstreamName: string;
  /** Key of the KeyPool entry. */
  readonly keyPool: string;
  /** Identity of the breaker: `<namespace>/<provider>/<model>`. */
  readonly breakerId: string;
  readonly dialect: string;
  readonly vendor: string;
  /** No trailing slash; the dialect appends its own path (`/chat/completions`). */
  readonly baseURL: string;
  readonly allowInsecure: boolean;
  readonly allowPrivateNetwork: boolean;
  readonly auth: BackendAuth;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly timeouts: {
    readonly connectMs: number;
    readonly firstByteMs: number;
    readonly streamIdleMs: number;
    readonly requestMs: number;
  };
  readonly connections: { readonly max: number; readonly maxPending: number };
  readonly breaker: BreakerPolicy;
}
export type BackendAuth =
  | { readonly type: 'Bearer' }
  | { readonly type: 'Header'; readonly name: string; readonly prefix?: string }
  | { readonly type: 'None' };
export interface BreakerPolicy {
  readonly consecutiveFailures: number;
  readonly failureRatio: { readonly percent: number; readonly minRequests: number; readonly windowMs: number };
  readonly openForMs: number;
  readonly maxOpenForMs: number;
  readonly halfOpenProbes: number;
  readonly successesToClose: number;
  readonly maxEjectedPercent: number;
}

/** Key: `<namespace>/<name>`. */
export interface KeyPoolEntry {
  readonly namespace: string;
  readonly name: string;
  readonly provider: string;
  readonly selection: 'WeightedRandom' | 'RoundRobin' | 'LeastInFlight';
  readonly keys: readonly PoolKey[];
  readonly cooldown: {
    readonly rateLimitMs: number;
    readonly maxRateLimitMs: number;
    readonly quotaMs: number;
    readonly auth: 'UntilRotated' | number;
  };
  readonly onExhausted: {
    readonly type: 'Fallback' | 'Queue' | 'Fail';
    readonly queue: { readonly maxDepth: number; readonly maxWaitMs: number };
  };
}
export interface PoolKey {
  readonly name: string;
  /** Key of the Credential entry. */
  readonly credential: string;
  /** 0 drains. */
  readonly weight: number;
  /** Models of the provider that this key serves; absent: all. */
  readonly models?: readonly string[];
  /** Identity of the limiter: `<namespace>/<pool>/<quotaGroup>`. */
  readonly limiterId: string;
  /** Requests in flight; absent: unlimited. */
  readonly maxConcurrency?: number;
}

/** Key = id. `Secret`: `<namespace>/<secret>/<key>`; the value travels beside the table, never in it. */
export interface CredentialEntry {
  readonly id: string;
  readonly source:
    | { readonly type: 'Secret'; /** HMAC of the value under the version key. */ readonly version: string }
    | { readonly type: 'Env'; readonly name: string }
    | { readonly type: 'File'; readonly path: string };
}

/** Key: `<namespace>/<name>`. */
export interface ConsumerEntry {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Lower-case hex digests of the API keys. */
  readonly keys: readonly { readonly name: string; readonly sha256: string }[];
  /** Model names (globs allowed) the consumer may ask for; absent: all. */
  readonly models?: readonly string[];
  readonly maxConcurrency?: number;
  readonly exposeRouting: boolean;
}

export interface EntryTypes {
  Match: MatchEntry;
  Route: RouteEntry;
  Backend: BackendEntry;
  KeyPool: KeyPoolEntry;
  Credential: CredentialEntry;
  Consumer: ConsumerEntry;
}

/** An entry as it travels and is hashed: canonical JSON (sorted keys, no blanks, UTF-8). */
export interface Entry {
  readonly kind: EntryKind;
  readonly key: string;
  readonly bytes: Uint8Array;
}
export interface EntryName {
  readonly kind: EntryKind;
  readonly key: string;
}
