import { afterFailure } from './after-failure.js';
import { stopWith } from './answers.js';
import type { Context, RequestFacts } from './context.js';
import type { Decision } from './decision.js';
import { type Failure, failuresOf, hasPending, type History } from './history.js';
import { nextBackend } from './next-backend.js';
import { nothingAvailable } from './nothing-available.js';
import { nothingPassedOver } from './passed-over.js';
import type { PreparedRoute } from './prepared-route.js';
import type { StateView } from './state-view.js';
import { minimumAttemptMs } from './timeouts.js';
import { besidesPending, withRivals } from './together.js';

const noFailures: readonly Failure[] = [];

/**
 * What a request does next: attempts to start, a wait, or the end. Called before every attempt and again after every
 * wait, with all attempts so far, those that run included. Pure: equal inputs give an equal decision; nothing is reserved
 * or counted here.
 *
 * `route`: prepared in the table that the request pinned. `seed`: 32 random bits, the same for the whole request.
 * `nowMs` and all times of facts, history and state come from one clock, and the state has been advanced to `nowMs`.
 */
export function decide(
  route: PreparedRoute,
  facts: RequestFacts,
  history: History,
  view: StateView,
  nowMs: number,
  seed: number,
): Decision {
  const { rule } = facts;
  if (rule === undefined) return stopWith({ passedOver: nothingPassedOver }, 'no_matching_rule');
  const failures = history.length === 0 ? noFailures : failuresOf(history);
  const passedOver = nothingPassedOver;
  const context: Context = { route, rule, facts, history, failures, view, nowMs, seed, passedOver };
  const finished = finishedBy(context);
  if (finished !== undefined) return finished;
  if (hasPending(history)) return besidesPending(context);
  const last = failures[0];
  // Nobody waits for an answer any more.
  if (last?.outcome === 'Cancelled') return stopWith(context, 'not_retryable', last);
  if (facts.deadlineMs - nowMs < minimumAttemptMs) return stopWith(context, 'deadline_exceeded', last);
  if (last !== undefined) return afterFailure(context, last);
  const first = nextBackend(context, rule.tiers);
  return first === undefined ? nothingAvailable(context) : withRivals(context, first);
}

/** The history itself ends the request. */
function finishedBy(context: Context): Decision | undefined {
  for (const entry of context.history) {
    if (entry.outcome === 'Success') return stopWith(context, 'answered', entry);
    if (entry.progress === 'Committed' && entry.outcome !== 'Pending') return stopWith(context, 'committed', entry);
  }
  return undefined;
}
