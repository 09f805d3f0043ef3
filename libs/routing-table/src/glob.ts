/**
 * A model pattern: `*` stands for any run of characters, the empty one included; all else is literal. Compiled once,
 * matched in linear time (the leftmost fit of each middle piece is never worse than a later one).
 */
export class Glob {
  /** Characters that are not `*`: what decides between two globs that both match. */
  readonly literalLength: number;
  /** Set where the only `*` stands at the end: such globs can be found by their prefix. */
  readonly prefix: string | undefined;
  private readonly pieces: readonly string[];

  constructor(readonly pattern: string) {
    this.pieces = pattern.split('*');
    this.literalLength = pattern.length - (this.pieces.length - 1);
    this.prefix = this.pieces.length === 2 && this.pieces[1] === '' ? this.pieces[0] : undefined;
  }

  matches(text: string): boolean {
    const first = this.pieces[0]!;
    if (this.pieces.length === 1) return text === first;
    const last = this.pieces[this.pieces.length - 1]!;
    const end = text.length - last.length;
    if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (let index = 1; index < this.pieces.length - 1; index++) {
      const piece = this.pieces[index]!;
      const found = text.indexOf(piece, at);
      if (found < 0 || found + piece.length > end) return false;
      at = found + piece.length;
    }
    return at <= end;
  }
}

export function isGlob(pattern: string): boolean {
  return pattern.includes('*');
}

/** Best first: the longer literal part, then by pattern. `*` comes last, as it has none. */
export function compareGlobs(left: Glob, right: Glob): number {
  if (left.literalLength !== right.literalLength) return right.literalLength - left.literalLength;
  return left.pattern < right.pattern ? -1 : left.pattern > right.pattern ? 1 : 0;
}
