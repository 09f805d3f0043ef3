/** A row by its id and hash: where the chain starts and has to end is recorded outside the audit table. */
export interface ChainLink {
  readonly id: number;
  readonly hash: Buffer;
}
