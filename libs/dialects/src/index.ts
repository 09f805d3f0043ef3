export * from './openai/index.js';
export type { ServerSentEvent } from './sse/parse-event.js';
export { SseDecoder } from './sse/sse-decoder.js';
