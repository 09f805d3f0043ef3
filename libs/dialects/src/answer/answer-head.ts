import { ownText } from '../json/own-text.js';
import type { UnusableAnswer } from './answer-sink.js';

/** An answer's status and headers, as they came. */
export interface AnswerHead {
  readonly status: number;
  /** Names and values in turn, bytes seen as Latin-1. */
  readonly headers: readonly string[];
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i;
const EVENT_STREAM = /^text\/event-stream\b/i;

/** What an answer says that it is. A redirect is a failure: it could lead anywhere, with the key. */
export function answerForm(head: AnswerHead): 'Failed' | 'Stream' | 'Json' | UnusableAnswer {
  if (head.status < 200 || head.status > 299) return 'Failed';
  const encoding = headerValue(head.headers, 'content-encoding');
  if (encoding !== '' && encoding.toLowerCase() !== 'identity') {
    return unusable(`the answer is encoded as ${encoding.slice(0, 40)}, which was not asked for`);
  }
  const contentType = headerValue(head.headers, 'content-type');
  if (EVENT_STREAM.test(contentType)) return 'Stream';
  if (JSON_TYPE.test(contentType)) return 'Json';
  return unusable(`the answer is ${contentType === '' ? 'of no type' : contentType.slice(0, 60)}`);
}

function unusable(detail: string): UnusableAnswer {
  return { kind: 'Failure', failure: 'Protocol', detail: ownText(detail) };
}

/** One header's value; the last of several, '' for none. `name`: lower case. */
export function headerValue(headers: readonly string[], name: string): string {
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    const candidate = headers[index];
    if (candidate?.length === name.length && candidate.toLowerCase() === name) {
      return headers[index + 1] ?? '';
    }
  }
  return '';
}

/** All of them, for classification. Repeated ones are joined as RFC 9110, 5.3 has it. */
export function lowerCaseHeaders(headers: readonly string[]): Record<string, string> {
  const record: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index]!.toLowerCase();
    const value = headers[index + 1]!;
    record[name] = record[name] === undefined ? value : `${record[name]}, ${value}`;
  }
  return record;
}
