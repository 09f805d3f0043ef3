/** A text that isn't a manifest. Names the document, the line and, where there is one, the field; never quotes a value. */
export class ManifestError extends Error {
  constructor(
    readonly problem: string,
    readonly position: { readonly document?: number; readonly line?: number; readonly path?: string } = {},
  ) {
    const { document, line, path } = position;
    const where = [
      ...(document === undefined ? [] : [`document ${document}`]),
      ...(line === undefined ? [] : [`line ${line}`]),
      ...(path ? [path] : []),
    ];
    super(where.length === 0 ? problem : `${where.join(', ')}: ${problem}`);
    this.name = 'ManifestError';
  }
}

/** What one text may cost. A manifest beyond these is refused before anything is built from it. */
export interface ManifestLimits {
  /** UTF-8 bytes of the whole text. */
  readonly maxBytes: number;
  readonly maxDocuments: number;
  /** Nesting of maps and lists. */
  readonly maxDepth: number;
  /** `*alias` nodes a document. */
  readonly maxAliases: number;
  /** Scalars, maps and lists of the whole text, counted after aliases are expanded. */
  readonly maxNodes: number;
}

export const defaultManifestLimits: ManifestLimits = {
  maxBytes: 3 * 1024 * 1024,
  maxDocuments: 2_000,
  maxDepth: 64,
  maxAliases: 100,
  maxNodes: 500_000,
};

/** Keys that reach an object's prototype in careless code; no field of the API has such a name. */
export const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
