/**
 * The cheapest upstream that still speaks HTTP: fixed answers, no parsing. Model names choose the pace:
 * `upstream-paced` sends its chunks 5 ms apart, any other back to back. Takes traces, too, so that exporting costs what it costs.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { plainAnswer, streamAnswer } from '../load/payloads.js';

const chunkGapMs = 5;
const plain = Buffer.from(plainAnswer);
const streams = [streamAnswer(false), streamAnswer(true)].map((frames) => frames.map((frame) => Buffer.from(frame)));

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = (chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString('latin1') ?? '';
    if (!body.includes('"stream":true')) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': plain.length });
      response.end(plain);
      return;
    }
    const frames = streams[body.includes('"include_usage":true') ? 1 : 0] ?? [];
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (body.includes('"upstream-paced"')) paced(response, frames, 0);
    else backToBack(response, frames, 0);
  });
});

/** A frame a turn of the event loop, so that each leaves as a chunk of its own. */
function backToBack(response: ServerResponse, frames: readonly Buffer[], index: number): void {
  if (index === frames.length) return void response.end();
  response.write(frames[index]);
  setImmediate(backToBack, response, frames, index + 1);
}

function paced(response: ServerResponse, frames: readonly Buffer[], index: number): void {
  if (index === frames.length || response.destroyed) return void response.end();
  response.write(frames[index]);
  setTimeout(paced, chunkGapMs, response, frames, index + 1);
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
