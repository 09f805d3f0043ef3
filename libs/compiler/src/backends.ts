import { profileOf } from '#libs/providers';
import { durationMs, type EffectiveProviderSpec } from '#libs/resources';
import type { BackendAuth, BackendEntry, BreakerPolicy } from '#libs/routing-table';
import type { ReferenceReason } from './finding.js';
import type { Intake, Resource } from './intake.js';
import type { CompiledPools, UsablePool } from './key-pools.js';

export type ResolvedBackend =
  | { readonly key: string; readonly entry: BackendEntry }
  | { readonly reason: ReferenceReason; readonly message: string };

/** Finds backends by key pool and model, each made once. */
export class BackendDirectory {
  private readonly known = new Map<string, ResolvedBackend>();

  constructor(
    private readonly intake: Intake,
    private readonly pools: CompiledPools,
  ) {}

  resolve(poolKey: string, model: string): ResolvedBackend {
    const key = `${poolKey}/${model}`;
    let backend = this.known.get(key);
    if (backend === undefined) {
      backend = this.make(key, poolKey, model);
      this.known.set(key, backend);
    }
    return backend;
  }

  private make(key: string, poolKey: string, model: string): ResolvedBackend {
    const pool = this.pools.usable.get(poolKey);
    if (pool === undefined) return { reason: 'BackendNotFound', message: this.missingPool(poolKey) };
    const { provider, served } = pool;
    const found = provider.spec.models.find(({ name }) => name === model);
    if (found === undefined) {
      return { reason: 'ModelNotServed', message: `Provider ${provider.key} has no model "${model}"` };
    }
    if (!served.has(model)) {
      return { reason: 'ModelNotServed', message: `no usable key of KeyPool ${poolKey} serves model "${model}"` };
    }
    return { key, entry: backendEntry(key, pool, model, found.upstreamName) };
  }

  private missingPool(poolKey: string): string {
    const why = this.pools.unusable.get(poolKey);
    if (why !== undefined) return `KeyPool ${poolKey} can't be used, as ${why}`;
    return `KeyPool ${poolKey} ${this.intake.refused.has(`KeyPool/${poolKey}`) ? 'is not accepted' : "doesn't exist"}`;
  }
}

function backendEntry(id: string, pool: UsablePool, model: string, upstreamName: string): BackendEntry {
  const { provider, entry } = pool;
  const { spec } = provider;
  return {
    id,
    namespace: provider.namespace,
    provider: provider.name,
    model,
    upstreamName,
    keyPool: `${entry.namespace}/${entry.name}`,
    breakerId: `${provider.key}/${model}`,
    dialect: profileOf(spec.vendor).dialect,
    vendor: spec.vendor,
    baseURL: baseURLOf(provider),
    allowInsecure: spec.allowInsecure,
    allowPrivateNetwork: spec.allowPrivateNetwork,
    auth: authOf(spec),
    headers: (spec.headers ?? []).map(({ name, value }) => ({ name: name.toLowerCase(), value })),
    timeouts: {
      connectMs: durationMs(spec.timeouts.connect),
      firstByteMs: durationMs(spec.timeouts.firstByte),
      streamIdleMs: durationMs(spec.timeouts.streamIdle),
      requestMs: durationMs(spec.timeouts.request),
    },
    connections: spec.connections,
    breaker: breakerOf(spec),
  };
}

/** As the URL parser writes it, which is what validation judged. */
function baseURLOf({ spec }: Resource<EffectiveProviderSpec>): string {
  return new URL(spec.baseURL!).href.replace(/\/+$/, '');
}

function authOf({ auth }: EffectiveProviderSpec): BackendAuth {
  if (auth.type !== 'Header') return { type: auth.type };
  return {
    type: 'Header',
    name: auth.name!.toLowerCase(),
    ...(auth.prefix !== undefined && { prefix: auth.prefix }),
  };
}

function breakerOf({ circuitBreaker }: EffectiveProviderSpec): BreakerPolicy {
  const { failureRatio, openFor, maxOpenFor, ...counts } = circuitBreaker;
  return {
    ...counts,
    failureRatio: {
      percent: failureRatio.percent,
      minRequests: failureRatio.minRequests,
      windowMs: durationMs(failureRatio.window),
    },
    openForMs: durationMs(openFor),
    maxOpenForMs: durationMs(maxOpenFor),
  };
}
