import { parentPort } from 'node:worker_threads';
import type { ThreadAnswer, ThreadRequest } from './compile-messages.js';
import { CompileState } from './compile-state.js';

/** The compile thread: a big configuration is compiled here, and the main thread goes on serving the API. */
const port = parentPort;
if (!port) throw new Error('compile-worker runs as a worker thread only');
const state = new CompileState();

port.on('message', (request: ThreadRequest) => {
  const answer = answerTo(request);
  // The bytes move to the main thread instead of being copied. An entry may be a view into a larger buffer, which can't.
  const whole = 'result' in answer ? answer.result.upserts.map(({ bytes }) => bytes).filter(isWholeBuffer) : [];
  port.postMessage(
    answer,
    whole.map(({ buffer }) => buffer),
  );
});

function answerTo(request: ThreadRequest): ThreadAnswer {
  const { id } = request;
  try {
    return 'preview' in request ? { id, preview: state.preview(request) } : { id, result: state.handle(request) };
  } catch (error) {
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function isWholeBuffer(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
}
