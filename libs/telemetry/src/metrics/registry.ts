import { setImmediate as nextTurn } from 'node:timers/promises';
import { metricNames } from '../names.js';
import { exposeHeader, exposeSeries, type MetricType } from './exposition.js';
import { DEFAULT_MAX_SERIES, Family } from './family.js';
import { Counter, Gauge, Histogram, type Series } from './series.js';

/**
 * Called at each exposition; reports one value for each combination of label values, first those that somebody may have to act
 * on: where they are more than a metric has series, the first ones have their own.
 */
export type Collect = (observe: (value: number, ...labelValues: string[]) => void) => void;

/** What the values that share the overflow series come to: how many there are, or the worst of them. */
export type Merge = (left: number, right: number) => number;
const sum: Merge = (left, right) => left + right;

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly labelNames: readonly string[];
  /** Absent where the values are collected at each exposition. */
  readonly held?: Family<Series>;
  readonly family: () => Family<Series>;
}

export interface MetricsRegistryOptions {
  /** Cap on the series of one metric; what goes beyond shares one overflow series. */
  readonly maxSeries?: number;
}

/** Characters that are made in one turn, which takes a millisecond. */
const PIECE = 64 * 1024;

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * The metrics of one process, in the order of their registration. Registering a metric again, alike in type and labels,
 * gives the one that is there, so that several instances of one part can share it.
 */
export class MetricsRegistry {
  private readonly metrics = new Map<string, Metric>();
  private readonly maxSeries: number;
  private readonly collectErrors: Family<Counter>;

  constructor({ maxSeries = DEFAULT_MAX_SERIES }: MetricsRegistryOptions = {}) {
    this.maxSeries = maxSeries;
    this.collectErrors = this.counter(
      metricNames.metricsCollectErrors,
      'Metrics left out of an exposition because reading their values failed.',
      ['metric'],
    );
  }

  counter(name: string, help: string, labelNames: readonly string[] = []): Family<Counter> {
    return this.register(name, help, 'counter', labelNames, () => new Counter());
  }

  gauge(name: string, help: string, labelNames: readonly string[] = []): Family<Gauge> {
    return this.register(name, help, 'gauge', labelNames, () => new Gauge());
  }

  /** `buckets`: finite upper bounds in rising order; the one for +Inf is added. */
  histogram(name: string, help: string, labelNames: readonly string[], buckets: readonly number[]): Family<Histogram> {
    if (buckets.some((bound, i) => !Number.isFinite(bound) || (i > 0 && bound <= buckets[i - 1]!))) {
      throw new RangeError(`${name}: buckets must be finite and rising`);
    }
    if (labelNames.includes('le')) throw new RangeError(`${name}: a histogram can't have a label "le"`);
    return this.register(name, help, 'histogram', labelNames, () => new Histogram(buckets));
  }

  /** A gauge read when it is asked for, for values that live elsewhere. Series that are not reported are gone. */
  gaugeFrom(name: string, help: string, labelNames: readonly string[], collect: Collect, merge: Merge = sum): void {
    this.add(this.collected({ name, help, type: 'gauge', labelNames }, collect, merge));
  }

  /** As `gaugeFrom`, for totals that something else keeps. */
  counterFrom(name: string, help: string, labelNames: readonly string[], collect: Collect): void {
    this.add(this.collected({ name, help, type: 'counter', labelNames }, collect, sum));
  }

  /** Prometheus text format 0.0.4; serve it as EXPOSITION_CONTENT_TYPE. */
  expose(): string {
    return [...this.pieces()].join('');
  }

  /** The same for whoever serves requests besides: thousands of series are megabytes. `pause` gives the event loop its turn. */
  async exposeInTurns(pause: () => Promise<void> = nextTurn): Promise<string> {
    const pieces: string[] = [];
    for (const piece of this.pieces()) {
      pieces.push(piece);
      if (piece.length >= PIECE) await pause();
    }
    return pieces.join('');
  }

  /** Name, type, labels and help of every metric: what docs/metrics.md lists. */
  describe(): { name: string; type: MetricType; labelNames: readonly string[]; help: string }[] {
    return [...this.metrics.values()].map(({ name, type, help, labelNames }) => ({ name, type, labelNames, help }));
  }

  private register<S extends Series>(
    name: string,
    help: string,
    type: MetricType,
    labelNames: readonly string[],
    create: () => S,
  ): Family<S> {
    const known = this.metrics.get(name);
    if (known?.type === type && known.labelNames.join() === labelNames.join() && known.held)
      return known.held as Family<S>;
    const family = new Family(labelNames, create, this.maxSeries);
    // A metric without labels shows its zero from the start, so that the first increment is an increase.
    if (labelNames.length === 0) family.handle();
    this.add({ name, help, type, labelNames, held: family, family: () => family });
    return family;
  }

  /** Each within one turn: a histogram that is counted up in between would disagree with itself. */
  private *pieces(): IterableIterator<string> {
    for (const { name, help, type, family } of this.metrics.values()) {
      let current: Family<Series>;
      try {
        current = family();
      } catch {
        // One broken reader must not take the other metrics from the operator who needs them now; the count tells.
        this.collectErrors.handle(name).add();
        continue;
      }
      let text = exposeHeader(name, help, type);
      for (const { labels, series } of current.entries()) {
        text += exposeSeries(name, labels, series);
        if (text.length < PIECE) continue;
        yield text;
        text = '';
      }
      yield text;
    }
  }

  private collected(about: Omit<Metric, 'family'>, collect: Collect, merge: Merge): Metric {
    const family = (): Family<Series> => {
      const fresh = new Family<Gauge>(about.labelNames, () => new Gauge(), this.maxSeries);
      collect((value, ...labelValues) => {
        const series = fresh.handle(...labelValues);
        series.set(fresh.isOverflow(series) ? merge(series.value, value) : value);
      });
      return fresh;
    };
    return { ...about, family };
  }

  private add(metric: Metric): void {
    if (!METRIC_NAME.test(metric.name)) throw new RangeError(`"${metric.name}" is no metric name`);
    for (const label of metric.labelNames) {
      if (!LABEL_NAME.test(label)) throw new RangeError(`${metric.name}: "${label}" is no label name`);
    }
    if (this.metrics.has(metric.name))
      throw new RangeError(`${metric.name}: registered twice, differently or as collected`);
    this.metrics.set(metric.name, metric);
  }
}
