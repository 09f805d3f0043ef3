import { durationMs } from '../fields/duration.js';
import type { FieldError } from '#libs/apimachinery';
import type { EffectiveBackendRef, EffectiveRoutePolicySpec, EffectiveRule } from './schema.js';

export function validateRoutePolicy(spec: EffectiveRoutePolicySpec): FieldError[] {
  return [...spec.rules.flatMap(ruleErrors), ...timeoutErrors(spec)];
}

function ruleErrors(rule: EffectiveRule, index: number): FieldError[] {
  const path = `spec.rules[${index}]`;
  return [
    ...refErrors(`${path}.backendRefs`, rule.backendRefs),
    ...(rule.fallbacks ?? []).flatMap((fallback, at) =>
      refErrors(`${path}.fallbacks[${at}].backendRefs`, fallback.backendRefs),
    ),
  ];
}

function refErrors(path: string, refs: readonly EffectiveBackendRef[]): FieldError[] {
  const errors: FieldError[] = [];
  if (refs.every((ref) => ref.weight === 0)) {
    errors.push({
      path,
      reason: 'Invalid',
      message: 'the weights add up to 0, so nothing could serve a request; give at least one a weight above 0',
    });
  }
  const seen = new Map<string, number>();
  refs.forEach((ref, index) => {
    const identity = JSON.stringify([ref.keyPoolRef.name, ref.model]);
    const first = seen.get(identity);
    if (first === undefined) seen.set(identity, index);
    else {
      errors.push({
        path: `${path}[${index}]`,
        reason: 'Duplicate',
        message: `is the key pool and model of item ${first} again; add its weight there and remove it here`,
      });
    }
  });
  return errors;
}

function timeoutErrors({ retry, timeouts }: EffectiveRoutePolicySpec): FieldError[] {
  const errors: FieldError[] = [];
  if (durationMs(retry.backoff.base) > durationMs(retry.backoff.max)) {
    errors.push({
      path: 'spec.retry.backoff.max',
      reason: 'Invalid',
      message: `must be at least base (${retry.backoff.base})`,
    });
  }
  const request = timeouts?.request;
  if (
    request !== undefined &&
    retry.perTryTimeout !== undefined &&
    durationMs(retry.perTryTimeout) > durationMs(request)
  ) {
    errors.push({
      path: 'spec.retry.perTryTimeout',
      reason: 'Invalid',
      message: `must be at most spec.timeouts.request (${request}), which bounds all attempts together`,
    });
  }
  return errors;
}

/** What the schema accepts and would silently do nothing. */
export function routePolicyWarnings(spec: EffectiveRoutePolicySpec): string[] {
  return [...unreachableRules(spec), ...unusedPriorities(spec), ...unusedRetryRules(spec), ...longTimeouts(spec)];
}

function unreachableRules({ rules }: EffectiveRoutePolicySpec): string[] {
  const catchAll = rules.findIndex(
    (rule) => rule.matches === undefined || rule.matches.some((match) => match.headers === undefined),
  );
  if (catchAll < 0) return [];
  return rules
    .slice(catchAll + 1)
    .map(
      (rule, index) =>
        `spec.rules[${catchAll + 1 + index}]: "${rule.name}" can't match, as "${rules[catchAll]!.name}" before it takes every request`,
    );
}

/** A priority group whose weights are all 0 is never picked, though others of the rule are. */
function unusedPriorities({ rules }: EffectiveRoutePolicySpec): string[] {
  return rules.flatMap((rule, index) => {
    const totals = new Map<number, number>();
    for (const ref of rule.backendRefs) totals.set(ref.priority, (totals.get(ref.priority) ?? 0) + ref.weight);
    return [...totals]
      .filter(([, total]) => total === 0)
      .map(
        ([priority]) =>
          `spec.rules[${index}].backendRefs: every backend of priority ${priority} has weight 0 and gets nothing`,
      );
  });
}

function unusedRetryRules({ retry }: EffectiveRoutePolicySpec): string[] {
  const seen = new Set<string>();
  return (retry.rules ?? []).flatMap((rule, index) => {
    const fresh = rule.errors.filter((name) => !seen.has(name));
    for (const name of rule.errors) seen.add(name);
    return fresh.length > 0 ? [] : [`spec.retry.rules[${index}]: earlier rules take all of its errors`];
  });
}

function longTimeouts({ timeouts }: EffectiveRoutePolicySpec): string[] {
  const request = timeouts?.request;
  if (request === undefined) return [];
  return (['firstToken', 'streamIdle'] as const).flatMap((name) => {
    const value = timeouts?.[name];
    if (value === undefined || durationMs(value) <= durationMs(request)) return [];
    return [`spec.timeouts.${name}: ${value} never passes, as request ends after ${request}`];
  });
}
