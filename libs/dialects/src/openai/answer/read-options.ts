import type { AnswerLimits } from '../../answer/answer-reader.js';
import type { ClientRequest } from '../../request/client-request.js';

/** How an answer is to be read. */
export interface ReadOptions {
  readonly request: ClientRequest;
  readonly limits: AnswerLimits;
  /** `Bytes`: for a client of this dialect, in the form that it asked for. `Parts`: for any other. */
  readonly form: 'Bytes' | 'Parts';
  /** The usage chunk was our wish, not the client's. */
  readonly dropsUsageChunk: boolean;
  /** Answers asked for at once. */
  readonly choices: number;
}
