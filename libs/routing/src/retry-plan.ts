import type { ErrorClass } from '#libs/inference';
import type { RetryRule } from '#libs/routing-table';

/**
 * Ways to go on after a failure. `NextKey`: the same backend with a key this request hasn't used. `SameBackend`: the same
 * backend with any key. `NextBackend`: a backend this request hasn't used. `TriedBackend`: any backend it has used.
 */
export type RetryStep = 'NextKey' | 'SameBackend' | 'NextBackend' | 'TriedBackend';

/** What may follow a failure of one class: at most `maxRetries` times a request, the first step that is possible. */
export interface RetryPlan {
  readonly maxRetries: number;
  readonly steps: readonly RetryStep[];
  /** The classes whose failures count towards `maxRetries`. */
  readonly counted: readonly string[];
}

/** The request is at fault, or nobody waits for an answer: the same request would fail or be paid for again. */
const never: readonly RetryStep[] = [];
/** The key is out for long: it won't be better when this request asks again. */
const anotherKey: readonly RetryStep[] = ['NextKey', 'NextBackend'];
/** The key is out until the upstream's Retry-After: with nothing else to try, waiting for it is a chance. */
const anotherKeyOrWait: readonly RetryStep[] = ['NextKey', 'NextBackend', 'TriedBackend'];
/** The backend is at fault. With no other one, another key, or any of them after a back-off, is still a chance. */
const anotherBackend: readonly RetryStep[] = ['NextBackend', 'NextKey', 'TriedBackend'];
const sameBackend: readonly RetryStep[] = ['SameBackend', 'NextBackend'];

const defaultSteps: Readonly<Record<ErrorClass, readonly RetryStep[]>> = {
  RateLimited: anotherKeyOrWait,
  Auth: anotherKey,
  QuotaExhausted: anotherKey,
  Network: anotherBackend,
  Timeout: anotherBackend,
  Overloaded: anotherBackend,
  ServerError: anotherBackend,
  InvalidRequest: never,
  ContextLength: never,
  ContentFiltered: never,
  ContentError: never,
  Cancelled: never,
};

const stepsOfRule: Readonly<Record<RetryRule['next'], readonly RetryStep[]>> = {
  SameBackend: sameBackend,
  NextKey: anotherKeyOrWait,
  NextBackend: anotherBackend,
};

/** True where the key, not the backend, is at fault: the key cools, and the breaker doesn't count it. */
export function isKeyFault(errorClass: string): boolean {
  return errorClass === 'RateLimited' || errorClass === 'Auth' || errorClass === 'QuotaExhausted';
}

/** True where the request itself was found at fault: the same backend finds the same again, whichever the key. */
export function isRequestFault(errorClass: ErrorClass): boolean {
  return errorClass !== 'Cancelled' && defaultSteps[errorClass] === never;
}

/**
 * The first rule that names the class wins over the default. A class that is never tried again can't be made so by a
 * rule, and a key that is out for long is not tried again either.
 */
export function retryPlan(errorClass: ErrorClass, rules: readonly RetryRule[]): RetryPlan {
  const standard = defaultSteps[errorClass];
  if (standard === never) return { maxRetries: 0, steps: never, counted: [] };
  const rule = rules.find((r) => r.errors.includes(errorClass));
  if (rule === undefined) return { maxRetries: Infinity, steps: standard, counted: [] };
  const steps = standard === anotherKey ? anotherKey : stepsOfRule[rule.next];
  return { maxRetries: rule.maxRetries, steps, counted: rule.errors };
}

/** True when the rule's retries are used up: each failure of its classes but the last one has been retried. */
export function isUsedUp(plan: RetryPlan, failures: number): boolean {
  return failures > plan.maxRetries;
}
