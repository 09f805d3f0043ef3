/** Of a streamed answer. */
export const eventStreamType = 'text/event-stream; charset=utf-8';

/** The last event of a whole stream. */
export const streamEnd = 'data: [DONE]\n\n';
