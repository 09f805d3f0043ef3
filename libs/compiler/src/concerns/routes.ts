import {
  durationMs,
  type EffectiveBackendRef,
  type EffectiveRoutePolicySpec,
  type EffectiveRule,
} from '#libs/resources';
import type { BackendRef, RetryPolicy, RouteEntry, RouteRule, RouteTimeouts } from '#libs/routing-table';
import type { ReferenceReason } from '../conditions/finding.js';
import type { Claim, Look } from './concern.js';
import { contenderOf } from './contest.js';
import { encodeEntry } from './entry.js';
import { findBackend } from './find-backend.js';
import { forEachObject } from './per-object.js';
import type { BackendUse, Resource } from './spaces.js';

type Policy = Resource<EffectiveRoutePolicySpec>;

/**
 * A route is served with the backends that can be found; a missing one leaves its share to the others of its priority
 * and is named in the condition. A rule left without any stays, so that its requests are refused instead of going where
 * nobody meant them to. Whether the route gets into the table is decided where its rivals are known.
 */
export const routes = forEachObject('routes', 'RoutePolicy', (policy, look) => {
  const { id, key, namespace, generation, creationTimestamp } = policy;
  const { models: patterns, consumerSelector } = policy.spec;
  const compiled = policy.spec.rules.map((rule) => compileRule(namespace, rule, look));
  const rules = compiled.map(({ rule }) => rule);
  const route = {
    generation,
    id,
    key,
    patterns,
    creationTimestamp,
    entry: encodeEntry('Route', key, routeEntry(policy, rules)),
    backends: compiled.flatMap(({ found }) => found),
    findings: compiled.flatMap(({ missing }) => missing.map((what) => ({ type: 'ResolvedRefs' as const, ...what }))),
  };
  const contender = { ...contenderOf(policy), ...consumerSelector };
  return {
    facts: [{ space: 'route', key, value: route }],
    claims: patterns.map((pattern): Claim => ({ space: 'pattern', key: `${namespace}/${pattern}`, value: contender })),
  };
});

type Missing = { readonly reason?: ReferenceReason; readonly message: string };

interface CompiledRule {
  readonly rule: RouteRule;
  readonly found: readonly BackendUse[];
  readonly missing: readonly Missing[];
}

function compileRule(namespace: string, rule: EffectiveRule, look: Look): CompiledRule {
  const found: BackendUse[] = [];
  const missing: Missing[] = [];
  const resolve = (refs: readonly EffectiveBackendRef[], where: string): BackendRef[] =>
    refs.flatMap((ref): BackendRef[] => {
      const backend = findBackend(`${namespace}/${ref.keyPoolRef.name}`, ref.model, look);
      if ('reason' in backend) {
        missing.push({ reason: backend.reason, message: `${where}: ${backend.message}` });
        return [];
      }
      found.push(backend);
      return [{ backend: backend.id, weight: ref.weight, priority: ref.priority }];
    });

  const where = `Rule "${rule.name}"`;
  const backends = resolve(rule.backendRefs, where);
  // The schema refuses weights that add up to 0, so this is the work of what is missing.
  if (backends.every(({ weight }) => weight === 0)) {
    missing.push({ message: `${where} has no backend with a weight left, so its requests are refused` });
  }
  const fallbacks = (rule.fallbacks ?? []).flatMap((fallback) => {
    const backends = resolve(fallback.backendRefs, `${where}, fallback for ${fallback.errors.join(', ')}`);
    return backends.length > 0 ? [{ errors: [...fallback.errors].sort(), backends }] : [];
  });
  const matches = rule.matches?.map(({ headers }) => ({
    ...(headers !== undefined && { headers: headers.map(({ name, value }) => ({ name: name.toLowerCase(), value })) }),
  }));
  return { rule: { name: rule.name, ...(matches !== undefined && { matches }), backends, fallbacks }, found, missing };
}

function routeEntry({ namespace, name, spec }: Policy, rules: readonly RouteRule[]): RouteEntry {
  return { namespace, name, rules, retry: retryOf(spec), timeouts: timeoutsOf(spec) };
}

function retryOf({ retry }: EffectiveRoutePolicySpec): RetryPolicy {
  const { backoff, budget } = retry;
  return {
    maxAttempts: retry.maxAttempts,
    ...(retry.perTryTimeout !== undefined && { perTryTimeoutMs: durationMs(retry.perTryTimeout) }),
    maxRetryAfterMs: durationMs(retry.maxRetryAfter),
    backoff: {
      baseMs: durationMs(backoff.base),
      factor: backoff.factor,
      maxMs: durationMs(backoff.max),
      jitter: backoff.jitter,
    },
    budget: { percent: budget.percent, intervalMs: durationMs(budget.interval), minPerSecond: budget.minPerSecond },
    rules: retry.rules ?? [],
  };
}

function timeoutsOf({ timeouts }: EffectiveRoutePolicySpec): RouteTimeouts {
  const { request, firstToken, streamIdle } = timeouts ?? {};
  return {
    ...(request !== undefined && { requestMs: durationMs(request) }),
    ...(firstToken !== undefined && { firstTokenMs: durationMs(firstToken) }),
    ...(streamIdle !== undefined && { streamIdleMs: durationMs(streamIdle) }),
  };
}
