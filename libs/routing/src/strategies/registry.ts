import type { Strategy } from './strategy.js';
import { weighted } from './weighted.js';

/** A new strategy is a file beside this one and a line here. The first is the default. */
export const strategies = [weighted] as const satisfies readonly Strategy[];
