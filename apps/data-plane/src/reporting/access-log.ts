import type { Logger } from '#libs/telemetry';
import { formatTraceParent, traceFields } from '#libs/telemetry';
import type { RequestRecord } from '../record/request-record.js';
import { RateCap } from './rate-cap.js';
import { outcomeCode, worthReporting } from './request-outcome.js';

/** A log storm during an outage must not take a core from the requests that could still be served. */
const FAILURES_PER_SECOND = 20;
const FAILURES_BURST = 100;

/**
 * One line for a failed request at `info`, one for every other at `debug`: a line costs about 20 us of CPU, a third of what a
 * small request takes in all, and the successful ones are in the metrics and the sampled traces already.
 */
export class AccessLog {
  private readonly failures = new RateCap(FAILURES_PER_SECOND, FAILURES_BURST);

  constructor(private readonly log: Logger) {}

  finished(record: RequestRecord): void {
    if (!worthReporting(record)) {
      if (this.log.isLevelEnabled('debug')) this.log.debug(fieldsOf(record), 'Request');
      return;
    }
    if (!this.failures.admits(record.endedMs)) return;
    const suppressed = this.failures.takeRefused();
    this.log.info({ ...fieldsOf(record), ...(suppressed > 0 && { suppressed }) }, 'request failed');
  }
}

function fieldsOf(record: RequestRecord): Record<string, unknown> {
  return {
    ...traceFields(formatTraceParent({ traceId: record.traceId, spanId: record.spanId, sampled: false })),
    request_id: record.requestId,
    code: outcomeCode(record),
    status: record.status,
    consumer: record.consumer,
    model: record.model,
    route: record.route,
    revision: record.revision,
    duration_ms: Math.round(record.endedMs - record.startedMs),
    attempts: record.attempts.map(({ backend, key, outcome, status, code, message }) => ({
      backend,
      key,
      outcome,
      status,
      code,
      message,
    })),
  };
}
