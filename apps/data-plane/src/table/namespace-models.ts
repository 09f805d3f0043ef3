import { GlobIndex, isGlob } from '#libs/routing-table';

/** The model patterns of one namespace. Immutable. */
export class NamespaceModels {
  readonly globs: GlobIndex;

  constructor(
    readonly exact: ReadonlySet<string>,
    private readonly globPatterns: ReadonlySet<string>,
  ) {
    this.globs = new GlobIndex(globPatterns);
  }

  edit(): NamespaceModelsEditor {
    return new NamespaceModelsEditor(new Set(this.exact), new Set(this.globPatterns));
  }
}

export class NamespaceModelsEditor {
  constructor(
    private readonly exact = new Set<string>(),
    private readonly globPatterns = new Set<string>(),
  ) {}

  add(pattern: string): void {
    (isGlob(pattern) ? this.globPatterns : this.exact).add(pattern);
  }

  delete(pattern: string): void {
    (isGlob(pattern) ? this.globPatterns : this.exact).delete(pattern);
  }

  /** undefined: nothing is left of the namespace. */
  freeze(): NamespaceModels | undefined {
    if (this.exact.size + this.globPatterns.size === 0) return undefined;
    return new NamespaceModels(this.exact, this.globPatterns);
  }
}

/** Splits a Match entry's key, `<namespace>/<pattern>`: namespaces have no slash, patterns may. */
export function matchKeyParts(key: string): { namespace: string; pattern: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), pattern: key.slice(slash + 1) };
}
