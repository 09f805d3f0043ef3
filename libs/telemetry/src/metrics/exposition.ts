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

/** The labels of a series as they stand between its braces, without a comma at the end; '': it has none. */
export function labelText(labelNames: readonly string[], labelValues: readonly string[]): string {
  return labelNames.map((label, i) => `${label}="${escapeLabelValue(labelValues[i] ?? '')}"`).join(',');
}

/** `labels`: what `labelText` made of them. */
export function exposeSeries(name: string, labels: string, series: Series): string {
  if (series instanceof Histogram) return exposeHistogram(name, labels, series);
  return `${name}${inBraces(labels)} ${formatNumber(series.value)}\n`;
}

/** Buckets are cumulative, and the count is their last: it can't disagree with them. */
function exposeHistogram(name: string, labels: string, { bounds, counts, sum }: Histogram): string {
  const bucket = `${name}_bucket{${labels}${labels === '' ? '' : ','}le="`;
  let cumulative = 0;
  let text = '';
  for (let i = 0; i < counts.length; i++) {
    cumulative += counts[i]!;
    text += `${bucket}${formatNumber(bounds[i] ?? Infinity)}"} ${cumulative}\n`;
  }
  const braces = inBraces(labels);
  return `${text}${name}_sum${braces} ${formatNumber(sum)}\n${name}_count${braces} ${cumulative}\n`;
}

function inBraces(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
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
