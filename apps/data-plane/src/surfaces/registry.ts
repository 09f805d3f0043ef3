import type { IncomingHttpHeaders } from 'node:http';
import { openAISurface } from './openai/openai-surface.js';
import type { Operation } from './operation.js';
import type { Surface } from './surface.js';

/** All client dialects. A new one is a folder and a line here; where two know a path, the first one has it. */
export const surfaces: readonly Surface[] = [openAISurface];

/** In whose words those hear of an error who came by no surface's path. */
export const defaultSurface: Surface = openAISurface;

/** What is asked for, and how its client speaks. */
export interface ServedOperation {
  readonly surface: Surface;
  readonly operation: Operation;
}

/** `path`: without its query. undefined: nothing that a surface serves. */
export function servedAt(method: string, path: string, headers: IncomingHttpHeaders): ServedOperation | undefined {
  for (const surface of surfaces) {
    const operation = surface.operationAt(method, path, headers);
    if (operation !== undefined) return { surface, operation };
  }
  return undefined;
}
