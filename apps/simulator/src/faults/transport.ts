import { createGzip } from 'node:zlib';
import { type Fault, framesBefore, pause, startStream, untilClientLeaves, writeFrames } from '../exchange.js';
import { plainBody } from '../openai/answer.js';

/** The connection is reset before any header. */
export const reset: Fault = ({ response }) => {
  response.socket?.resetAndDestroy();
};

/** Headers and some tokens, then a reset. A plain answer is reset in the middle of its body. */
export const resetMidStream: Fault = async (exchange, spec) => {
  await beginAnswer(exchange, spec.afterTokens);
  // Lets the bytes leave: a reset discards what the peer's kernel has not been handed yet.
  await pause(exchange.response, 20);
  exchange.response.socket?.resetAndDestroy();
};

/** The request is read and nothing comes back. */
export const stallFirstByte: Fault = ({ response }) => untilClientLeaves(response);

/** Headers and some tokens, then silence on an open connection. */
export const stallMidStream: Fault = async (exchange, spec) => {
  await beginAnswer(exchange, spec.afterTokens);
  await untilClientLeaves(exchange.response);
};

/** A small compressed body that expands without end. */
export const gzipBomb: Fault = ({ response }, spec) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
  const gzip = createGzip();
  gzip.pipe(response);
  const zeros = Buffer.alloc(64 * 1024, 0x20);
  let left = spec.bytes;
  const more = (): void => {
    while (left > 0) {
      left -= zeros.length;
      if (!gzip.write(zeros)) return void gzip.once('drain', more);
    }
    gzip.end();
  };
  response.once('close', () => gzip.destroy());
  more();
};

async function beginAnswer(exchange: Parameters<Fault>[0], tokens: number): Promise<void> {
  if (exchange.stream) {
    startStream(exchange);
    await writeFrames(exchange, framesBefore(exchange, tokens));
    return;
  }
  const body = plainBody(exchange.answer);
  exchange.response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  });
  exchange.response.write(body.slice(0, Math.floor(body.length / 2)));
}
