import type { Egress } from './egress.js';
import { openAIEgress } from './openai/openai-egress.js';

/** All provider dialects. A new one is a folder and a line here. */
export const egresses: readonly Egress[] = [openAIEgress];
