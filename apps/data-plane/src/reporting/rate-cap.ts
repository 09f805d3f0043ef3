/** A token bucket: at most `perSecond` in the long run, `burst` at once. Counts what it refused since it last admitted. */
export class RateCap {
  private tokens: number;
  private refilledAtMs = 0;
  private refused = 0;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
  ) {
    this.tokens = burst;
  }

  /** `nowMs`: monotonic. */
  admits(nowMs: number): boolean {
    this.tokens = Math.min(this.burst, this.tokens + ((nowMs - this.refilledAtMs) / 1000) * this.perSecond);
    this.refilledAtMs = nowMs;
    if (this.tokens < 1) {
      this.refused++;
      return false;
    }
    this.tokens--;
    return true;
  }

  /** How many were refused before the one just admitted. */
  takeRefused(): number {
    const { refused } = this;
    this.refused = 0;
    return refused;
  }
}
