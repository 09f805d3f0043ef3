import type { Logger } from '#libs/telemetry';
import { formatTraceParent, traceFields } from '#libs/telemetry';
import type { RequestRecord } from '../record/request-record.js';
import { passedOverFields } from './passed-over.js';
import { RateCap } from './rate-cap.js';
import { outcomeCode, worthReporting } from './request-outcome.js';

/** A log storm during an outage must not take a core from the requests that could still be served. */
const LINES_PER_SECOND = 20;
const LINES_BURST = 100;

/**
 * One line at `info` for a request that failed, or that succeeded after more than one attempt; one for every other at
 * `debug`: a line costs about 20 us of CPU, a third of what a small request takes in all, and the ordinary ones are in the
 * metrics and the sampled traces already.
 */
export class AccessLog {
  private readonly failures = new RateCap(LINES_PER_SECOND, LINES_BURST);
  /** Apart: what went well in the end must not crowd out what didn't. */
  private readonly retried = new RateCap(LINES_PER_SECOND, LINES_BURST);

  constructor(private readonly log: Logger) {}

  finished(record: RequestRecord): void {
    if (worthReporting(record)) this.line(record, this.failures, 'request failed');
    else if (record.finish === 'Completed' && record.attempts.length > 1) {
      this.line(record, this.retried, 'request succeeded after more than one attempt');
    } else if (this.log.isLevelEnabled('debug')) this.log.debug(fieldsOf(record), 'request');
  }

  private line(record: RequestRecord, cap: RateCap, message: string): void {
    if (!cap.admits(record.endedMs)) return;
    const suppressed = cap.takeRefused();
    this.log.info({ ...fieldsOf(record), ...(suppressed > 0 && { suppressed }) }, message);
  }
}

function fieldsOf(record: RequestRecord): Record<string, unknown> {
  return {
    ...traceFields(formatTraceParent({ traceId: record.traceId, spanId: record.spanId, sampled: false })),
    request_id: record.requestId,
    code: outcomeCode(record),
    status: record.status,
    // As everywhere else: two namespaces may each have one of this name.
    consumer: record.consumer && `${record.namespace}/${record.consumer}`,
    model: record.model,
    route: record.route,
    revision: record.revision,
    duration_ms: Math.round(record.endedMs - record.startedMs),
    ...passedOverFields(record.passedOver, record.endedMs),
    attempts: record.attempts.map(({ backend, key, outcome, status, code, message, passedOver }) => ({
      backend,
      key,
      outcome,
      status,
      code,
      message,
      ...passedOverFields(passedOver, record.endedMs),
    })),
  };
}
