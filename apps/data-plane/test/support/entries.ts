import { createHash } from 'node:crypto';
import {
  type BackendEntry,
  canonicalJson,
  type ConsumerEntry,
  type Entry,
  type EntryKind,
  type EntryTypes,
  type KeyPoolEntry,
  type RouteEntry,
  SCHEMA_VERSION,
  TableDigest,
} from '#libs/routing-table';
import { prepareTable } from '../../src/table/prepare-table.js';
import type { Table } from '../../src/table/table.js';

export const API_KEY = 'sbx_test-consumer-key';
export const BREAKER: BackendEntry['breaker'] = {
  consecutiveFailures: 5,
  failureRatio: { percent: 50, minRequests: 20, windowMs: 30_000 },
  openForMs: 30_000,
  maxOpenForMs: 300_000,
  halfOpenProbes: 1,
  successesToClose: 2,
  maxEjectedPercent: 100,
};

/** One attempt, and no more. */
export const ONE_ATTEMPT: RouteEntry['retry'] = {
  maxAttempts: 1,
  maxRetryAfterMs: 0,
  backoff: { baseMs: 1, factor: 1, maxMs: 1, jitter: 'None' },
  budget: { percent: 20, intervalMs: 10_000, minPerSecond: 10 },
  rules: [],
};

type Partially<Type> = { -readonly [Member in keyof Type]?: Type[Member] };

/** One provider with one model and a pool of its own, all under the same name. */
export interface Provider {
  readonly name: string;
  readonly baseURL: string;
  readonly keys?: readonly (Partially<KeyPoolEntry['keys'][number]> & { readonly name: string })[];
  readonly pool?: Partially<KeyPoolEntry>;
  readonly backend?: Partially<BackendEntry>;
  readonly weight?: number;
  readonly priority?: number;
}

export interface Configuration {
  readonly providers: readonly Provider[];
  readonly route?: Partially<RouteEntry>;
  readonly consumer?: Partially<ConsumerEntry>;
  /** Which models: `chat`, unless it says otherwise. */
  readonly pattern?: string;
}

/** A table for one model or pattern, served by all given providers. */
export function tableOf(configuration: Configuration, revision: number): Promise<Table> {
  const entries = entriesOf(configuration);
  const { version } = TableDigest.of(entries);
  return prepareTable({ schemaVersion: SCHEMA_VERSION, revision, version, upserts: entries, removals: [] });
}

export function entriesOf({ providers, route, consumer, pattern = 'chat' }: Configuration): Entry[] {
  const entries: Entry[] = [
    entry('Match', `default/${pattern}`, { namespace: 'default', pattern, candidates: [{ route: 'default/chat' }] }),
    entry('Route', 'default/chat', {
      namespace: 'default',
      name: 'chat',
      rules: [
        {
          name: 'all',
          backends: providers.map(({ name, weight = 1, priority = 0 }) => ({
            backend: `default/${name}/m`,
            weight,
            priority,
          })),
          fallbacks: [],
        },
      ],
      retry: {
        maxAttempts: 3,
        maxRetryAfterMs: 20_000,
        backoff: { baseMs: 20, factor: 2, maxMs: 100, jitter: 'None' },
        budget: { percent: 20, intervalMs: 10_000, minPerSecond: 10 },
        rules: [],
      },
      timeouts: {},
      ...route,
    }),
    entry('Consumer', 'default/demo', {
      namespace: 'default',
      name: 'demo',
      labels: {},
      keys: [{ name: 'main', sha256: createHash('sha256').update(API_KEY).digest('hex') }],
      exposeRouting: true,
      ...consumer,
    }),
  ];
  for (const provider of providers) entries.push(...providerEntries(provider));
  return entries;
}

function providerEntries({ name, baseURL, keys = [{ name: 'key-0' }], pool, backend }: Provider): Entry[] {
  return [
    entry('Backend', `default/${name}/m`, {
      id: `default/${name}/m`,
      namespace: 'default',
      provider: name,
      model: 'm',
      upstreamName: 'upstream-model',
      keyPool: `default/${name}`,
      breakerId: `default/${name}/m`,
      dialect: 'OpenAI',
      vendor: 'openai-compatible',
      baseURL,
      allowInsecure: true,
      allowPrivateNetwork: true,
      auth: { type: 'Bearer' },
      headers: [],
      timeouts: { connectMs: 5_000, firstByteMs: 10_000, streamIdleMs: 10_000, requestMs: 60_000 },
      connections: { max: 64, maxPending: 64 },
      breaker: BREAKER,
      ...backend,
    }),
    entry('KeyPool', `default/${name}`, {
      namespace: 'default',
      name,
      provider: name,
      selection: 'RoundRobin',
      keys: keys.map((key) => ({
        credential: `default/${name}/${key.name}`,
        weight: 1,
        limiterId: `default/${name}/${key.name}`,
        ...key,
      })),
      cooldown: { rateLimitMs: 10_000, maxRateLimitMs: 300_000, quotaMs: 3_600_000, auth: 'UntilRotated' },
      onExhausted: { type: 'Fallback', queue: { maxDepth: 100, maxWaitMs: 2_000 } },
      ...pool,
    }),
    ...keys.map((key) => {
      const id = key.credential ?? `default/${name}/${key.name}`;
      return entry('Credential', id, { id, source: { type: 'Secret', version: 'v1' } });
    }),
  ];
}

function entry<Kind extends EntryKind>(kind: Kind, key: string, value: EntryTypes[Kind]): Entry {
  return { kind, key, bytes: canonicalJson(value) };
}
