import type { AnswerReader } from './answer-reader.js';
import type { Attempt } from './attempt.js';
import { FailedAnswer } from './failed-answer.js';
import { headerValue } from './raw-headers.js';
import { StreamRelay } from './stream-relay.js';
import { WholeAnswer } from './whole-answer.js';

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i;
const EVENT_STREAM = /^text\/event-stream\b/i;

/** Chooses how an answer is read, by its status and by what it says it is; undefined: it can't be used. */
export function answerReader(attempt: Attempt, status: number, headers: readonly Buffer[]): AnswerReader | undefined {
  // A redirect is never followed: it could lead anywhere, with the key.
  if (status < 200 || status > 299) return new FailedAnswer(attempt, status, headers);
  const encoding = headerValue(headers, 'content-encoding');
  if (encoding !== '' && encoding.toLowerCase() !== 'identity') {
    attempt.fail('Protocol', `the answer is encoded as ${encoding.slice(0, 40)}, which was not asked for`);
    return undefined;
  }
  const contentType = headerValue(headers, 'content-type');
  if (attempt.exchange.record.stream) {
    if (EVENT_STREAM.test(contentType)) return new StreamRelay(attempt);
    // An error body at 200, perhaps: classification reads it.
    if (JSON_TYPE.test(contentType)) return new FailedAnswer(attempt, status, headers);
  } else if (JSON_TYPE.test(contentType)) return new WholeAnswer(attempt, contentType);
  attempt.fail('Protocol', `the answer is ${contentType === '' ? 'of no type' : contentType.slice(0, 60)}`);
  return undefined;
}
