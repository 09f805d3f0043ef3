import type { Egress } from './egress.js';
import { openAIEgress } from './openai/openai-egress.js';

/** All provider dialects. A new one is a folder and a line here. */
export const egresses: readonly Egress[] = [openAIEgress];

const byDialect = new Map(egresses.map((egress) => [egress.dialect, egress]));

export function egressOf(dialect: string): Egress {
  const egress = byDialect.get(dialect);
  if (egress === undefined) throw new Error(`This data plane speaks no ${dialect} to providers.`);
  return egress;
}
