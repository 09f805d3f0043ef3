import { durationBuckets, type MetricsRegistry, metricLabels, metricNames, tokenBuckets } from '#libs/telemetry';
import type { RequestRecord } from '../record/request-record.js';
import type { TableView } from '../table/table-view.js';
import { AttemptSeries, type AttemptFamilies } from './attempt-series.js';
import { type ConsumerFamilies, ConsumerSeries } from './consumer-series.js';
import { PoolSeries } from './pool-series.js';
import { outcomeCode } from './request-outcome.js';
import { RouteSeries, type RouteFamilies } from './route-series.js';
import { SeriesByIdentity } from './series-by-identity.js';

/** Label of requests that ended before they had a route, or before their consumer was known. */
const NONE = '';
/** Routes, consumers, backends and pools with series of their own, of each so many. */
const MOST = 500;

/**
 * Counts finished requests. The series of a route, a consumer, a backend and a key are resolved once and held, so that a request
 * costs a lookup for each and builds no labels; those come from the table alone (never from what clients send), which may be
 * large: those that are seen first have series of their own, the others share one.
 */
export class RequestMetrics {
  private readonly inFlight;
  private readonly routes: SeriesByIdentity<RouteSeries>;
  private readonly consumers: SeriesByIdentity<ConsumerSeries>;
  private readonly backends: SeriesByIdentity<AttemptSeries>;
  private readonly pools: SeriesByIdentity<PoolSeries>;

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
    const consumerFamilies: ConsumerFamilies = {
      requests: registry.counter(
        metricNames.consumerRequests,
        'Requests of a consumer by how they ended.',
        metricLabels.consumerRequest,
      ),
      tokens: registry.counter(
        metricNames.consumerTokens,
        'Tokens that the requests of a consumer took, as far as they are known.',
        metricLabels.consumerTokens,
      ),
    };
    const keyAttempts = registry.counter(
      metricNames.keyAttempts,
      'Upstream calls with a key of a pool by what they came to.',
      metricLabels.keyAttempt,
    );
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
    this.routes = new SeriesByIdentity((route) => new RouteSeries(routeFamilies, route), MOST);
    this.consumers = new SeriesByIdentity((consumer) => new ConsumerSeries(consumerFamilies, consumer), MOST);
    this.pools = new SeriesByIdentity((pool) => new PoolSeries(keyAttempts, pool), MOST);
    this.backends = new SeriesByIdentity((backend) => new AttemptSeries(attemptFamilies, backend), MOST);
  }

  started(): void {
    this.inFlight.add(1);
  }

  finished(record: RequestRecord): void {
    this.inFlight.add(-1);
    const code = outcomeCode(record);
    this.routes.of(record.route).finished(code, (record.endedMs - record.startedMs) / 1000);
    this.consumers.of(consumerKeyOf(record)).finished(record, code);
    for (const attempt of record.attempts) {
      const outcome = attempt.outcome === 'Pending' ? 'Cancelled' : attempt.outcome;
      this.backends.of(attempt.backend).finished(record, attempt, outcome);
      this.pools.of(attempt.pool).finished(attempt.key, outcome);
    }
  }

  /**
   * Call at every swap: series of what has left the table go ten minutes later, at the next swap after that. Asks for what
   * has series, not for all that the table names, of which few see traffic. `nowMs`: monotonic.
   */
  swapped(next: TableView, nowMs: number): void {
    this.routes.retain((route) => route === NONE || next.hasRoute(route), nowMs);
    this.consumers.retain((consumer) => consumer === NONE || next.hasConsumer(consumer), nowMs);
    this.backends.retain((backend) => next.backend(backend) !== undefined, nowMs);
    this.pools.retain((pool) => next.keyPool(pool) !== undefined, nowMs);
    for (const [pool, series] of this.pools.entries()) {
      const keys = next.keyPool(pool)?.keys ?? [];
      series.retain(new Set(keys.map(({ name }) => name)), nowMs);
    }
  }
}

/** Key of the Consumer entry. */
function consumerKeyOf({ namespace, consumer }: RequestRecord): string {
  return consumer === '' ? NONE : `${namespace}/${consumer}`;
}
