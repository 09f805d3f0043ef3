import type { Failure, History } from './history.js';
import type { PassedOver } from './passed-over.js';
import type { PreparedRoute, PreparedRule } from './prepared-route.js';
import type { StateView } from './state-view.js';

/** What a request asks of routing, besides its route. Fixed when the request starts. */
export interface RequestFacts {
  /** From `matchRule`; undefined: none matched. */
  readonly rule: PreparedRule | undefined;
  readonly startedMs: number;
  /** From `requestDeadlineMs`; Infinity: none. Bounds all attempts and waits together. */
  readonly deadlineMs: number;
}

/** The inputs of one decision, for its steps, and the notes that they take on their way. */
export interface Context {
  readonly route: PreparedRoute;
  readonly rule: PreparedRule;
  readonly facts: RequestFacts;
  readonly history: History;
  /** The failed attempts, the one that ended last first. */
  readonly failures: readonly Failure[];
  readonly view: StateView;
  readonly nowMs: number;
  readonly seed: number;
  /** Written by `passOver` alone. */
  passedOver: readonly PassedOver[];
}

/** A wait that ends too late for an attempt to follow is none. */
export function fitsDeadline(context: Context, waitMs: number, attemptMs: number): boolean {
  return context.nowMs + waitMs + attemptMs <= context.facts.deadlineMs;
}
