import { stopWith, waitFor } from './answers.js';
import type { Candidate, Tier } from './candidate.js';
import { type Context, fitsDeadline } from './context.js';
import type { Decision, Wait } from './decision.js';
import { blockedBy, usedAs } from './serving.js';
import { minimumAttemptMs } from './timeouts.js';

/** No backend of the tier can serve now: does one that the request hasn't used want it to wait or to fail? */
export function exhaustedTier(context: Context, tier: Tier): Decision | undefined {
  const unused = tier.candidates.filter((candidate) => usedAs(context, candidate) === undefined);
  return waitAmong(context, unused) ?? failAmong(context, unused);
}

/**
 * Waits for whatever lets one of the candidates serve, if one is worth waiting for: its pool queues requests, or its
 * connections are busy. The others of them are listened to as well: the request takes what comes first, and sleeps no
 * longer than until time alone brings something back.
 */
export function waitAmong(context: Context, candidates: readonly Candidate[]): Decision | undefined {
  let patienceMs = 0;
  let reason: Wait['for'] | undefined;
  for (const candidate of candidates) {
    const isForConnection = blockedBy(context, candidate) === 'ConnectionLimit';
    const ms = isForConnection ? patienceForConnection(context, candidate) : patienceForKey(context, candidate);
    if (ms <= 0) continue;
    reason ??= isForConnection ? 'Connection' : 'Key';
    patienceMs = Math.max(patienceMs, ms);
  }
  if (reason === undefined) return undefined;
  const { nowMs, facts } = context;
  const pools = new Set<string>();
  const connections = new Set<string>();
  let untilMs = Math.min(nowMs + patienceMs, facts.deadlineMs);
  for (const candidate of candidates) {
    untilMs = Math.min(untilMs, backAtMs(context, candidate));
    if (blockedBy(context, candidate) === 'ConnectionLimit') connections.add(context.view.connections(candidate).id);
    else pools.add(candidate.entry.keyPool);
  }
  return waitFor(context, untilMs - nowMs, reason, [...pools], [...connections]);
}

/** When time alone may let the candidate serve; Infinity: it won't. */
function backAtMs({ view, nowMs }: Context, candidate: Candidate): number {
  const breaker = view.breaker(candidate);
  if (breaker?.phase === 'Open' && breaker.untilMs > nowMs) return breaker.untilMs;
  return view.keys(candidate).backAtMs;
}

/** How much longer a request waits for a key of this pool; 0: not at all. */
function patienceForKey(context: Context, candidate: Candidate): number {
  const { onExhausted } = candidate.pool;
  if (onExhausted.type !== 'Queue' || blockedBy(context, candidate) !== undefined) return 0;
  const { view, nowMs } = context;
  const keys = view.keys(candidate);
  const leftMs = onExhausted.queue.maxWaitMs - waitedMs(context);
  if (view.queueDepth(candidate.entry.keyPool) >= onExhausted.queue.maxDepth) return 0;
  if (keys.isSaturated) return leftMs;
  // A key that comes back only after the queue's time, or the request's, would be waited for in vain.
  const backInMs = keys.backAtMs - nowMs;
  return backInMs <= leftMs && fitsDeadline(context, backInMs, minimumAttemptMs) ? leftMs : 0;
}

/** A connection that is busy takes as long as one that isn't made: the same limit holds. */
function patienceForConnection(context: Context, candidate: Candidate): number {
  const { connections, timeouts } = candidate.entry;
  if (context.view.connections(candidate).waiting >= connections.maxPending) return 0;
  return timeouts.connectMs - waitedMs(context);
}

function waitedMs({ nowMs, failures, facts }: Context): number {
  return nowMs - (failures[0]?.endedMs ?? facts.startedMs);
}

function failAmong(context: Context, candidates: readonly Candidate[]): Decision | undefined {
  for (const candidate of candidates) {
    if (candidate.pool.onExhausted.type !== 'Fail' || blockedBy(context, candidate) !== undefined) continue;
    const keys = context.view.keys(candidate);
    return stopWith(context, 'keys_exhausted', context.failures[0], keys.backAtMs - context.nowMs);
  }
  return undefined;
}
