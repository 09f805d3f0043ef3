import { ratioSelects } from '#libs/telemetry';
import type { RequestRecord } from '../record/request-record.js';
import { RateCap } from './rate-cap.js';
import { worthReporting } from './request-outcome.js';

/** Waiting longer than this for the first content counts as slow. */
const SLOW_MS = 10_000;
/** Unsampled requests kept for being of interest: enough to see what is wrong, too few to cost anything in an outage. */
const INTERESTING_PER_SECOND = 10;
const INTERESTING_BURST = 100;
/** What callers may select by their own flag: a caller that samples as it should stays below it, one that marks all doesn't. */
const MARKED_PER_SECOND = 100;
const MARKED_BURST = 1_000;

/**
 * Chooses at the end, when the outcome is known, whose spans are built: those of the ratio's share and, up to a rate each,
 * those that a known consumer marked as sampled, and those that failed, were tried more than once, or were slow.
 */
export class SpanSelection {
  private readonly marked = new RateCap(MARKED_PER_SECOND, MARKED_BURST);
  private readonly interesting = new RateCap(INTERESTING_PER_SECOND, INTERESTING_BURST);

  constructor(private readonly ratio: number) {}

  selects(record: RequestRecord): boolean {
    if (ratioSelects(record.traceId, this.ratio)) return true;
    if (isMarked(record) && this.marked.admits(record.endedMs)) return true;
    return isInteresting(record) && this.interesting.admits(record.endedMs);
  }
}

/** A flag that came without a valid API key must not use up what the others may select. */
function isMarked({ parentSampled, consumer }: RequestRecord): boolean {
  return parentSampled && consumer !== '';
}

function isInteresting(record: RequestRecord): boolean {
  return record.attempts.length > 1 || worthReporting(record) || firstContentMs(record) > SLOW_MS;
}

/** How long the client waited for something to read; -1: it got nothing. */
function firstContentMs({ startedMs, firstTokenMs, headMs }: RequestRecord): number {
  const at = firstTokenMs || headMs;
  return at === 0 ? -1 : at - startedMs;
}
