import { compareGlobs, Glob } from './glob.js';

/**
 * The glob patterns of one namespace, asked for a model name best first. Globs with a single `*` at the end are found
 * by slicing the name at each known prefix length; the rarer others are tried one by one.
 */
export class GlobIndex {
  /** Prefix lengths and other globs in one list, by falling literal length. */
  private readonly steps: readonly Step[];
  private readonly prefixes = new Map<string, string>();

  constructor(patterns: Iterable<string>) {
    const steps = new Map<number, Step>();
    for (const glob of [...new Set(patterns)].map((pattern) => new Glob(pattern)).sort(compareGlobs)) {
      const step = steps.get(glob.literalLength) ?? { length: glob.literalLength, hasPrefixes: false, others: [] };
      steps.set(glob.literalLength, step);
      if (glob.prefix === undefined) step.others.push(glob);
      else {
        step.hasPrefixes = true;
        this.prefixes.set(glob.prefix, glob.pattern);
      }
    }
    this.steps = [...steps.values()];
  }

  /**
   * Calls `visit` with each pattern that matches, best first, until it returns something. Of equal literal length the
   * lesser pattern goes first.
   */
  first<Found>(name: string, visit: (pattern: string) => Found | undefined): Found | undefined {
    for (const step of this.steps) {
      if (step.length > name.length) continue;
      let prefix = step.hasPrefixes ? this.prefixes.get(name.slice(0, step.length)) : undefined;
      for (const glob of step.others) {
        if (prefix !== undefined && prefix < glob.pattern) {
          const found = visit(prefix);
          if (found !== undefined) return found;
          prefix = undefined;
        }
        if (!glob.matches(name)) continue;
        const found = visit(glob.pattern);
        if (found !== undefined) return found;
      }
      if (prefix !== undefined) {
        const found = visit(prefix);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }
}

interface Step {
  readonly length: number;
  hasPrefixes: boolean;
  readonly others: Glob[];
}
