export { readAnswer } from './answer/read-answer.js';
export { eventStreamType as streamType } from './answer/event-stream.js';
export { StreamWriter } from './answer/stream-writer.js';
export { WholeWriter } from './answer/whole-writer.js';
export { errorBody, errorEvent, type OpenAIError } from './errors.js';
export { ChatRequest, openAI } from './request/chat-request.js';
export { encodeRequest } from './request/encode-request.js';
export { type RequestScan, scanRequest } from './request/scan-request.js';
export { spliceRequest } from './request/splice-request.js';
