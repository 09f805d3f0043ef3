import { openAISurface } from './openai/openai-surface.js';
import type { Surfaces } from './served-at.js';

/** All client dialects. A new one is a folder and a line here; where two know a path, the first one has it. */
export const surfaces: Surfaces = [openAISurface];
