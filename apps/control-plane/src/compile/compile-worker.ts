import { parentPort } from 'node:worker_threads';
import { inSlices } from './in-slices.js';
import type { ThreadAnswer, ThreadRequest } from './compile-messages.js';
import { CompileParts } from './compile-parts.js';
import { CompileState } from './compile-state.js';
import { packEntries } from './packed-entries.js';

/** The compile thread: a big configuration is compiled here, and the main thread goes on serving the API. */
const port = parentPort;
if (!port) throw new Error('compile-worker runs as a worker thread only');
const state = new CompileState();
const parts = new CompileParts();
let compiled = Promise.resolve();

/** One compile after the other, each in slices; a preview goes between two slices of whichever is under way. */
port.on('message', (request: ThreadRequest) => {
  const { id } = request;
  if ('preview' in request) {
    try {
      send({ id, preview: state.preview(request.preview) });
    } catch (error) {
      send({ id, error: messageOf(error) });
    }
    return;
  }
  const whole = parts.add(id, request.compile, request.more);
  if (whole === undefined) return;
  compiled = compiled.then(async () => {
    try {
      const { upserts, ...result } = await inSlices(state.compile(whole));
      const packed = packEntries(upserts);
      const moved = packed.map(({ bytes }) => bytes.buffer);
      send({ id, result: { ...result, upserts: packed } }, moved);
    } catch (error) {
      send({ id, error: messageOf(error) });
    }
  });
});

function send(answer: ThreadAnswer, moved: ArrayBuffer[] = []): void {
  port!.postMessage(answer, moved);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
