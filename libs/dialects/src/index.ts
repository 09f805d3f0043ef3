/** Each dialect is a namespace: they name the same things. */
export * as openai from './openai/index.js';
export type { ServerSentEvent } from './sse/parse-event.js';
export { SseDecoder } from './sse/sse-decoder.js';
