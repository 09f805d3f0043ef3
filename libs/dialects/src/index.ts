export * from './openai/index.js';
export * as openai from './openai/index.js';
export type { ServerSentEvent } from './sse/parse-event.js';
export { SseDecoder } from './sse/sse-decoder.js';
