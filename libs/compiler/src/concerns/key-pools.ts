import { durationMs, type EffectiveKeyPoolSpec, type EffectivePoolKey } from '#libs/resources';
import type { KeyPoolEntry, PoolKey } from '#libs/routing-table';
import type { Finding, ReferenceReason } from '../conditions/finding.js';
import type { Claim, Fact, Look, Output } from './concern.js';
import { resolveSource } from './credentials.js';
import { encodeEntry } from './entry.js';
import { forEachObject, report } from './per-object.js';
import type { CredentialSource, PoolState, Resource } from './spaces.js';

type Pool = Resource<EffectiveKeyPoolSpec>;

/** Key pools with the keys that are there. One missing key takes nothing from the others. */
export const keyPools = forEachObject('key pools', 'KeyPool', (pool, look) => {
  const provider = `${pool.namespace}/${pool.spec.providerRef.name}`;
  const models = look.fact('provider', provider);
  if (models === undefined) {
    const state = look.fact('Provider', provider) === undefined ? "doesn't exist" : 'is not accepted';
    const message = `Provider ${provider} ${state}, so no route can use this pool`;
    return unusable(pool, `its Provider ${provider} ${state}`, [
      { type: 'ResolvedRefs', reason: 'BackendNotFound', message },
    ]);
  }
  const findings: Finding[] = [];
  const keys = compileKeys(pool, { key: provider, models }, look, (reason, message) => {
    findings.push({ type: 'ResolvedRefs', reason, message });
  });
  if (keys.length === 0) {
    const message = 'No usable key is left, so no route can use this pool';
    return unusable(pool, 'it has no usable key', [...findings, { type: 'ResolvedRefs', message }]);
  }
  const poolKeys = keys.map(({ poolKey }) => poolKey);
  return {
    ...report(pool, findings),
    facts: [stateOf(pool, { provider, models, served: servedModels(models, poolKeys) })],
    claims: keys.map(({ poolKey, source }): Claim => ({ space: 'credential', key: poolKey.credential, value: source })),
    entries: [encodeEntry('KeyPool', pool.key, poolEntry(pool, poolKeys))],
  };
});

function unusable(pool: Pool, why: string, findings: readonly Finding[]): Output {
  return { ...report(pool, findings), facts: [stateOf(pool, { unusable: why })] };
}

function stateOf({ key }: Pool, value: PoolState): Fact {
  return { space: 'pool', key, value };
}

interface CompiledKey {
  readonly poolKey: PoolKey;
  readonly source: CredentialSource;
}

function compileKeys(
  pool: Pool,
  provider: { readonly key: string; readonly models: readonly string[] },
  look: Look,
  find: (reason: ReferenceReason, message: string) => void,
): CompiledKey[] {
  const names = new Set(provider.models);
  const compiled: CompiledKey[] = [];
  for (const key of pool.spec.keys) {
    if (!key.enabled) continue;
    const source = resolveSource(key, pool.namespace, look);
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
    if (models?.length !== 0) compiled.push({ poolKey: poolKey(pool, key, source.id, models), source: source.source });
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

function servedModels(all: readonly string[], keys: readonly PoolKey[]): Set<string> {
  const served = new Set<string>();
  for (const key of keys) {
    if (key.weight === 0) continue;
    for (const model of key.models ?? all) served.add(model);
  }
  return served;
}

function list(names: readonly string[]): string {
  return names.map((name) => `model "${name}"`).join(', ');
}
