/** The revision asked for is compacted, or not reached yet by this database: list again, then follow from there. */
export class ExpiredRevisionError extends Error {
  constructor(
    readonly requested: number,
    readonly oldest: number,
    readonly newest: number,
  ) {
    super(`revision ${requested} is not available: the log holds ${oldest} to ${newest}`);
    this.name = 'ExpiredRevisionError';
  }
}
