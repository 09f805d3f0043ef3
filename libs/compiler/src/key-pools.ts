import {
  durationMs,
  type EffectiveKeyPoolSpec,
  type EffectivePoolKey,
  type EffectiveProviderSpec,
} from '#libs/resources';
import type { CredentialEntry, KeyPoolEntry, PoolKey } from '#libs/routing-table';
import type { CompileInput } from './compile-types.js';
import { credentialDrafts, resolveSource } from './credentials.js';
import type { DraftEntry } from './draft-entry.js';
import type { Finding, ReferenceReason } from './finding.js';
import type { Intake, Resource } from './intake.js';

type Pool = Resource<EffectiveKeyPoolSpec>;
type Provider = Resource<EffectiveProviderSpec>;

/** A pool that routes may use. */
export interface UsablePool {
  readonly provider: Provider;
  readonly entry: KeyPoolEntry;
  /** Models of the provider that some key with a weight serves. */
  readonly served: ReadonlySet<string>;
}

export interface CompiledPools {
  readonly usable: ReadonlyMap<string, UsablePool>;
  /** Why an accepted pool can't be used, by its key. */
  readonly unusable: ReadonlyMap<string, string>;
  readonly drafts: readonly DraftEntry[];
  readonly findings: readonly Finding[];
}

/** Key pools with the keys that are there. One missing key takes nothing from the others. */
export function compileKeyPools({ resources, refused }: Intake, input: CompileInput): CompiledPools {
  const usable = new Map<string, UsablePool>();
  const unusable = new Map<string, string>();
  const credentials: CredentialEntry[] = [];
  const findings: Finding[] = [];
  for (const pool of resources.KeyPool.values()) {
    const find = (reason: ReferenceReason, message: string): void => {
      findings.push({ object: pool.id, type: 'ResolvedRefs', reason, message });
    };
    const providerKey = `${pool.namespace}/${pool.spec.providerRef.name}`;
    const provider = resources.Provider.get(providerKey);
    if (provider === undefined) {
      const state = refused.has(`Provider/${providerKey}`) ? 'is not accepted' : "doesn't exist";
      find('BackendNotFound', `Provider ${providerKey} ${state}, so no route can use this pool`);
      unusable.set(pool.key, `its Provider ${providerKey} ${state}`);
      continue;
    }
    const keys = compileKeys(pool, provider, input, find);
    if (keys.length === 0) {
      findings.push({
        object: pool.id,
        type: 'ResolvedRefs',
        message: 'No usable key is left, so no route can use this pool',
      });
      unusable.set(pool.key, 'it has no usable key');
      continue;
    }
    for (const { credential } of keys) credentials.push(credential);
    usable.set(pool.key, {
      provider,
      entry: poolEntry(
        pool,
        keys.map(({ poolKey }) => poolKey),
      ),
      served: servedModels(
        provider,
        keys.map(({ poolKey }) => poolKey),
      ),
    });
  }
  const pools = [...usable.values()].map(({ entry }): DraftEntry => ({
    kind: 'KeyPool',
    key: `${entry.namespace}/${entry.name}`,
    value: entry,
  }));
  return { usable, unusable, drafts: [...pools, ...credentialDrafts(credentials)], findings };
}

interface CompiledKey {
  readonly poolKey: PoolKey;
  readonly credential: CredentialEntry;
}

function compileKeys(
  pool: Pool,
  provider: Provider,
  input: CompileInput,
  find: (reason: ReferenceReason, message: string) => void,
): CompiledKey[] {
  const names = new Set(provider.spec.models.map(({ name }) => name));
  const compiled: CompiledKey[] = [];
  for (const key of pool.spec.keys) {
    if (!key.enabled) continue;
    const source = resolveSource(key, pool.namespace, input);
    if ('missing' in source) {
      find('SecretNotFound', `Key "${key.name}" is left out: ${source.missing}`);
      continue;
    }
    const unknown = (key.models ?? []).filter((model) => !names.has(model));
    const models = key.models?.filter((model) => names.has(model));
    if (unknown.length > 0) {
      const rest = models?.length === 0 ? ', so it is left out' : '';
      find(
        'ModelNotServed',
        `Key "${key.name}" is for ${list(unknown)}, which Provider ${provider.key} doesn't have${rest}`,
      );
    }
    if (models?.length !== 0)
      compiled.push({ poolKey: poolKey(pool, key, source.entry.id, models), credential: source.entry });
  }
  return compiled;
}

function poolKey(pool: Pool, key: EffectivePoolKey, credential: string, models: string[] | undefined): PoolKey {
  const maxConcurrency = key.limits?.concurrency;
  return {
    name: key.name,
    credential,
    weight: key.weight,
    ...(models !== undefined && { models: models.sort() }),
    limiterId: `${pool.key}/${key.quotaGroup}`,
    ...(maxConcurrency !== undefined && { maxConcurrency }),
  };
}

function poolEntry(pool: Pool, keys: PoolKey[]): KeyPoolEntry {
  const { cooldown, onExhausted, selection, providerRef } = pool.spec;
  return {
    namespace: pool.namespace,
    name: pool.name,
    provider: providerRef.name,
    selection,
    keys,
    cooldown: {
      rateLimitMs: durationMs(cooldown.rateLimit),
      maxRateLimitMs: durationMs(cooldown.maxRateLimit),
      quotaMs: durationMs(cooldown.quota),
      auth: cooldown.auth === 'UntilRotated' ? 'UntilRotated' : durationMs(cooldown.auth),
    },
    onExhausted: {
      type: onExhausted.type,
      queue: { maxDepth: onExhausted.queue.maxDepth, maxWaitMs: durationMs(onExhausted.queue.maxWait) },
    },
  };
}

function servedModels(provider: Provider, keys: readonly PoolKey[]): Set<string> {
  const served = new Set<string>();
  for (const key of keys) {
    if (key.weight === 0) continue;
    for (const model of key.models ?? provider.spec.models.map(({ name }) => name)) served.add(model);
  }
  return served;
}

function list(names: readonly string[]): string {
  return names.map((name) => `model "${name}"`).join(', ');
}
