import { durationBuckets, type MetricsRegistry, metricLabels, metricNames, tokenBuckets } from '#libs/telemetry';
import type { RequestRecord } from '../record/request-record.js';
import type { TableView } from '../table/table-view.js';
import { AttemptSeries, type AttemptFamilies } from './attempt-series.js';
import { outcomeCode } from './request-outcome.js';
import { RouteSeries, type RouteFamilies } from './route-series.js';
import { SeriesByIdentity } from './series-by-identity.js';

/** Route label of requests that ended before they had a route. */
const NO_ROUTE = '';

/**
 * Counts finished requests. The series of a route and of a backend are resolved once and held, so that a request costs one
 * lookup for its route and one for each attempt; labels come from the table alone (never from what clients send), so the
 * table bounds them.
 */
export class RequestMetrics {
  private readonly inFlight;
  private readonly routes: SeriesByIdentity<RouteSeries>;
  private readonly backends: SeriesByIdentity<AttemptSeries>;

  constructor(registry: MetricsRegistry) {
    const routeFamilies: RouteFamilies = {
      requests: registry.counter(metricNames.requests, 'Requests by how they ended.', metricLabels.request),
      duration: registry.histogram(
        metricNames.requestDuration,
        'Time from the first byte of a request to the last of its answer.',
        metricLabels.route,
        durationBuckets,
      ),
    };
    const attemptFamilies: AttemptFamilies = {
      attempts: registry.counter(
        metricNames.attempts,
        'Upstream calls by why they were made and what they came to.',
        metricLabels.attempt,
      ),
      duration: registry.histogram(
        metricNames.operationDuration,
        'Duration of an upstream call (OpenTelemetry: gen_ai.client.operation.duration).',
        metricLabels.operationDuration,
        durationBuckets,
      ),
      timeToFirstChunk: registry.histogram(
        metricNames.timeToFirstChunk,
        'Time from the start of a streamed upstream call to its first content (gen_ai.client.operation.time_to_first_chunk).',
        metricLabels.operation,
        durationBuckets,
      ),
      tokens: registry.histogram(
        metricNames.tokenUsage,
        'Tokens of an answer (gen_ai.client.token.usage).',
        metricLabels.tokenUsage,
        tokenBuckets,
      ),
    };
    this.inFlight = registry
      .gauge(metricNames.requestsInFlight, 'Requests that have started and not finished.')
      .handle();
    this.routes = new SeriesByIdentity((route) => new RouteSeries(routeFamilies, route));
    this.backends = new SeriesByIdentity((backend) => new AttemptSeries(attemptFamilies, backend));
  }

  started(): void {
    this.inFlight.add(1);
  }

  finished(record: RequestRecord): void {
    this.inFlight.add(-1);
    this.routes.of(record.route).finished(outcomeCode(record), (record.endedMs - record.startedMs) / 1000);
    for (const attempt of record.attempts) this.backends.of(attempt.backend).finished(record, attempt);
  }

  /**
   * Call at every swap: series of what has left the table go ten minutes later, at the next swap after that. Asks for what
   * has series, not for all that the table names, of which few see traffic. `nowMs`: monotonic.
   */
  swapped(next: TableView, nowMs: number): void {
    this.routes.retain((route) => route === NO_ROUTE || next.hasRoute(route), nowMs);
    this.backends.retain((backend) => next.backend(backend) !== undefined, nowMs);
  }
}
