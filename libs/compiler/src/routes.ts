import {
  durationMs,
  type EffectiveBackendRef,
  type EffectiveRoutePolicySpec,
  type EffectiveRule,
} from '#libs/resources';
import type { BackendEntry, BackendRef, RetryPolicy, RouteEntry, RouteRule, RouteTimeouts } from '#libs/routing-table';
import type { BackendDirectory } from './backends.js';
import type { DraftEntry } from './draft-entry.js';
import type { Finding, ReferenceReason } from './finding.js';
import type { Intake, Resource } from './intake.js';

type Policy = Resource<EffectiveRoutePolicySpec>;

/**
 * A route is served with the backends that can be found; a missing one leaves its share to the others of its priority
 * and is named in the condition. A rule left without any stays, so that its requests are refused instead of going where
 * nobody meant them to. Only backends that some route uses get into the table.
 */
export function compileRoutes(
  { resources }: Intake,
  backends: BackendDirectory,
  conflicted: ReadonlySet<string>,
): { drafts: readonly DraftEntry[]; findings: readonly Finding[] } {
  const used = new Map<string, BackendEntry>();
  const routes: DraftEntry[] = [];
  const findings: Finding[] = [];
  for (const policy of resources.RoutePolicy.values()) {
    const compiled = policy.spec.rules.map((rule) => compileRule(policy.namespace, rule, backends));
    for (const { missing } of compiled) {
      for (const what of missing) findings.push({ object: policy.id, type: 'ResolvedRefs', ...what });
    }
    // A policy that can never win is told what it lacks, but keeps nothing in the table.
    if (conflicted.has(policy.id)) continue;
    for (const { found } of compiled) for (const entry of found) used.set(entry.id, entry);
    routes.push({
      kind: 'Route',
      key: policy.key,
      value: routeEntry(
        policy,
        compiled.map(({ rule }) => rule),
      ),
    });
  }
  const drafts = [...used.values()].map((value): DraftEntry => ({ kind: 'Backend', key: value.id, value }));
  return { drafts: [...routes, ...drafts], findings };
}

type Missing = { readonly reason?: ReferenceReason; readonly message: string };

interface CompiledRule {
  readonly rule: RouteRule;
  readonly found: readonly BackendEntry[];
  readonly missing: readonly Missing[];
}

function compileRule(namespace: string, rule: EffectiveRule, directory: BackendDirectory): CompiledRule {
  const found: BackendEntry[] = [];
  const missing: Missing[] = [];
  const resolve = (refs: readonly EffectiveBackendRef[], where: string): BackendRef[] =>
    refs.flatMap((ref): BackendRef[] => {
      const backend = directory.resolve(`${namespace}/${ref.keyPoolRef.name}`, ref.model);
      if ('reason' in backend) {
        missing.push({ reason: backend.reason, message: `${where}: ${backend.message}` });
        return [];
      }
      found.push(backend.entry);
      return [{ backend: backend.key, weight: ref.weight, priority: ref.priority }];
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
