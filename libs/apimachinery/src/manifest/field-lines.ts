import { readYAML } from './read-yaml.js';

/** A field of one document of a text. */
export interface FieldPlace {
  /** As `readYAML` counts them. */
  readonly document: number;
  readonly path: string;
}

/**
 * The lines of these fields, in their order; of one that isn't there that of the nearest thing around it, and of a document
 * without any of it `undefined`. Reads the text once more: places are wanted for errors only. The text must be readable.
 */
export function fieldLines(text: string, places: readonly FieldPlace[]): (number | undefined)[] {
  const wanted = new Set(places.flatMap(({ document, path }) => around(path).map((outer) => idOf(document, outer))));
  const lines = new Map<string, number>();
  readYAML(text, undefined, (document, path, line) => {
    const id = idOf(document, path);
    if (wanted.has(id)) lines.set(id, line);
  });
  return places.map(({ document, path }) => {
    const found = around(path).find((outer) => lines.has(idOf(document, outer)));
    return found === undefined ? undefined : lines.get(idOf(document, found));
  });
}

/** The path, and each that it lies in: `spec.keys[0].name`, `spec.keys[0]`, `spec.keys`, `spec`. */
function around(path: string): string[] {
  const paths: string[] = [];
  for (let inner = path; inner !== ''; inner = inner.slice(0, Math.max(lastStep(inner), 0))) paths.push(inner);
  return paths;
}

function lastStep(path: string): number {
  return path.endsWith(']') ? path.lastIndexOf('[') : path.lastIndexOf('.');
}

const idOf = (document: number, path: string): string => `${document} ${path}`;
