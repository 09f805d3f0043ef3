import { dump } from 'js-yaml';

export const documentFormats = ['json', 'yaml'] as const;
export type DocumentFormat = (typeof documentFormats)[number];

/** Any JSON value for people or programs. YAML without anchors, line folding or reordering, so that it can be applied again. */
export function renderDocument(value: unknown, format: DocumentFormat): string {
  if (format === 'json') return `${JSON.stringify(value, null, 2)}\n`;
  return dump(value, { noRefs: true, lineWidth: -1 });
}
