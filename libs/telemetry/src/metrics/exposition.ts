import { Histogram, type Series } from './series.js';

/**
 * The Prometheus text format, version 0.0.4:
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format.
 */
export const EXPOSITION_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type MetricType = 'counter' | 'gauge' | 'histogram';

export function exposeHeader(name: string, help: string, type: MetricType): string {
  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
}

export function exposeSeries(
  name: string,
  labelNames: readonly string[],
  labelValues: readonly string[],
  series: Series,
): string {
  const labels = labelNames.map((label, i) => `${label}="${escapeLabelValue(labelValues[i] ?? '')}"`);
  return series instanceof Histogram
    ? exposeHistogram(name, labels, series)
    : exposeSample(name, labels, formatNumber(series.value));
}

/** Buckets are cumulative, and the count is their last: it can't disagree with them. */
function exposeHistogram(name: string, labels: readonly string[], histogram: Histogram): string {
  let cumulative = 0;
  let text = '';
  histogram.counts.forEach((count, i) => {
    cumulative += count;
    const bound = formatNumber(histogram.bounds[i] ?? Infinity);
    text += exposeSample(`${name}_bucket`, [...labels, `le="${bound}"`], formatNumber(cumulative));
  });
  text += exposeSample(`${name}_sum`, labels, formatNumber(histogram.sum));
  return text + exposeSample(`${name}_count`, labels, formatNumber(cumulative));
}

function exposeSample(name: string, labels: readonly string[], value: string): string {
  return `${name}${labels.length > 0 ? `{${labels.join(',')}}` : ''} ${value}\n`;
}

function formatNumber(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabelValue(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
