import type { AnswerReader } from './answer-reader.js';
import type { Attempt } from './attempt.js';
import { FailedAnswer } from './failed-answer.js';
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

/** One header's value without making strings of the others; the last of several, '' for none. `name`: lower case. */
export function headerValue(headers: readonly Buffer[], name: string): string {
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    const candidate = headers[index];
    if (candidate?.length === name.length && candidate.toString('latin1').toLowerCase() === name) {
      return headers[index + 1]?.toString('latin1') ?? '';
    }
  }
  return '';
}

/** All of them, for classification. Repeated ones are joined as RFC 9110, 5.3 has it. */
export function lowerCaseHeaders(headers: readonly Buffer[]): Record<string, string> {
  const record: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index]!.toString('latin1').toLowerCase();
    const value = headers[index + 1]!.toString('latin1');
    record[name] = record[name] === undefined ? value : `${record[name]}, ${value}`;
  }
  return record;
}
