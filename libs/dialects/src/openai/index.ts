export { errorBody, errorEvent, type OpenAIError } from './errors.js';
export { type Answer, readAnswer } from './read-answer.js';
export type { RequestFault } from './request/request-fault.js';
export { type RequestScan, scanRequest } from './request/scan-request.js';
export { spliceRequest } from './request/splice-request.js';
export { type StreamBreak, StreamTap } from './stream/stream-tap.js';
