export type { AnswerHead } from './answer/answer-head.js';
export type { AnswerLimits, AnswerReader } from './answer/answer-reader.js';
export type { AnswerError, AnswerSink, UnusableAnswer, UpstreamError } from './answer/answer-sink.js';
export type { AnswerWriter } from './answer/answer-writer.js';
export { ownText } from './json/own-text.js';
export type { ClientRequest } from './request/client-request.js';
export { RequestFault } from './request/request-fault.js';
