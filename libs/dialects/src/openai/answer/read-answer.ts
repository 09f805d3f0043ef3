import { type AnswerHead, answerForm, headerValue } from '../../answer/answer-head.js';
import type { AnswerLimits, AnswerReader } from '../../answer/answer-reader.js';
import type { AnswerError, AnswerSink } from '../../answer/answer-sink.js';
import { FailedAnswerReader } from '../../answer/failed-answer.js';
import type { ClientRequest } from '../../request/client-request.js';
import { RequestFault } from '../../request/request-fault.js';
import { ChatRequest } from '../request/chat-request.js';
import type { ReadOptions } from './read-options.js';
import { StreamReader } from './stream-reader.js';
import { WholeReader } from './whole-reader.js';

/** Chooses how an answer is read, by its status and by what it says that it is; an error: it can't be used. */
export function readAnswer(
  request: ClientRequest,
  head: AnswerHead,
  sink: AnswerSink,
  limits: AnswerLimits,
): AnswerReader | AnswerError {
  const form = answerForm(head);
  if (form === 'Failed') return new FailedAnswerReader(head, sink);
  if (typeof form !== 'string') return form;
  const options = optionsFor(request, limits, form === 'Stream');
  if (form === 'Json') return new WholeReader(options, sink, headerValue(head.headers, 'content-type'));
  return new StreamReader(options, sink);
}

function optionsFor(request: ClientRequest, limits: AnswerLimits, isStream: boolean): ReadOptions {
  if (request instanceof ChatRequest) {
    // A plain answer where a stream was asked for becomes one by way of the parts, and a stream a plain answer.
    const form = request.stream === isStream ? 'Bytes' : 'Parts';
    return { request, limits, form, dropsUsageChunk: !request.includeUsage, choices: request.choices };
  }
  const neutral = request.neutral();
  const choices = neutral instanceof RequestFault ? 1 : neutral.choices;
  return { request, limits, form: 'Parts', dropsUsageChunk: false, choices };
}
