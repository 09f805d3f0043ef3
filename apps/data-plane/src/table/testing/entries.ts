import {
  canonicalJson,
  SCHEMA_VERSION,
  TableDigest,
  type BackendEntry,
  type Entry,
  type EntryKind,
  type EntryTypes,
} from '#libs/routing-table';
import { prepareTable } from '../prepare-table.js';
import type { Table } from '../table.js';

export function entry<Kind extends EntryKind>(kind: Kind, key: string, value: EntryTypes[Kind]): Entry {
  return { kind, key, bytes: canonicalJson(value) };
}

export const route = (name: string): Entry =>
  entry('Route', `default/${name}`, {
    namespace: 'default',
    name,
    rules: [{ name: 'all', backends: [{ backend: 'default/pool/m', weight: 1, priority: 0 }], fallbacks: [] }],
    retry: {
      maxAttempts: 3,
      maxRetryAfterMs: 20_000,
      backoff: { baseMs: 200, factor: 2, maxMs: 8_000, jitter: 'Full' },
      budget: { percent: 20, intervalMs: 10_000, minPerSecond: 10 },
      rules: [],
    },
    timeouts: {},
  });

export const match = (pattern: string, ...candidates: EntryTypes['Match']['candidates'][number][]): Entry =>
  entry('Match', `default/${pattern}`, { namespace: 'default', pattern, candidates });

export const consumer = (name: string, ...sha256: string[]): Entry =>
  entry('Consumer', `default/${name}`, {
    namespace: 'default',
    name,
    labels: { team: name },
    keys: sha256.map((digest, index) => ({ name: `key-${index}`, sha256: digest })),
    exposeRouting: false,
  });

const backend: BackendEntry = {
  id: 'default/pool/m',
  namespace: 'default',
  provider: 'alpha',
  model: 'm',
  upstreamName: 'm',
  keyPool: 'default/pool',
  breakerId: 'default/alpha/m',
  dialect: 'OpenAI',
  vendor: 'OpenAI',
  baseURL: 'http://127.0.0.1:1/v1',
  allowInsecure: true,
  allowPrivateNetwork: true,
  auth: { type: 'Bearer' },
  headers: [],
  timeouts: { connectMs: 1, firstByteMs: 1, streamIdleMs: 1, requestMs: 1 },
  connections: { max: 1, maxPending: 1 },
  breaker: {
    consecutiveFailures: 5,
    failureRatio: { percent: 50, minRequests: 20, windowMs: 30_000 },
    openForMs: 1,
    maxOpenForMs: 1,
    halfOpenProbes: 1,
    successesToClose: 1,
    maxEjectedPercent: 50,
  },
};

/** One backend with one key from a Secret: what the routes above refer to. */
export const serving: readonly Entry[] = [
  entry('Backend', 'default/pool/m', backend),
  entry('KeyPool', 'default/pool', {
    namespace: 'default',
    name: 'pool',
    provider: 'alpha',
    selection: 'WeightedRandom',
    keys: [{ name: 'k', credential: 'default/keys/k', weight: 1, limiterId: 'default/pool/k' }],
    cooldown: { rateLimitMs: 1, maxRateLimitMs: 1, quotaMs: 1, auth: 'UntilRotated' },
    onExhausted: { type: 'Fallback', queue: { maxDepth: 1, maxWaitMs: 1 } },
  }),
  entry('Credential', 'default/keys/k', { id: 'default/keys/k', source: { type: 'Secret', version: 'v1' } }),
];

/** A route `chat` for the model `chat`, and one consumer. */
export const smallTable: readonly Entry[] = [
  ...serving,
  route('chat'),
  match('chat', { route: 'default/chat' }),
  consumer('demo', 'ab'.repeat(32)),
];

export function full(entries: readonly Entry[], revision = 1): Promise<Table> {
  const { version } = TableDigest.of(entries);
  return prepareTable({ schemaVersion: SCHEMA_VERSION, revision, version, upserts: entries, removals: [] });
}
