import type { IncomingHttpHeaders } from 'node:http';
import type { Operation } from './operation.js';
import type { Surface } from './surface.js';

/** At least one: whoever comes by no surface's path hears of it in the words of the first. */
export type Surfaces = readonly [Surface, ...Surface[]];

/** What is asked for, and how its client speaks. */
export interface ServedOperation {
  readonly surface: Surface;
  readonly operation: Operation;
}

/** `path`: without its query. undefined: nothing that a surface serves. */
export function servedAt(
  surfaces: Surfaces,
  method: string,
  path: string,
  headers: IncomingHttpHeaders,
): ServedOperation | undefined {
  for (const surface of surfaces) {
    const operation = surface.operationAt(method, path, headers);
    if (operation !== undefined) return { surface, operation };
  }
  return undefined;
}
