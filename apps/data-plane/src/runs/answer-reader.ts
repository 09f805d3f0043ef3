/**
 * Takes an upstream's body once its head is known. One for each kind of answer; each ends its attempt itself, by
 * `succeed`, `fail` or `reject`.
 */
export interface AnswerReader {
  /** False: pause until `onDrain` has returned true. */
  onData(chunk: Buffer): boolean;
  onEnd(): void;
  /** The body won't go on: the transport failed or a deadline passed. What is whole may still be passed on. */
  onCut?(): void;
  /** The client has read what was written. True: the upstream may go on. */
  onDrain?(): boolean;
  /** The client reads too slowly. */
  readonly isBlocked?: boolean;
}
