/**
 * A provider with faults: models choose what it streams, the rest is dealt out by count (soak/faults.ts). With
 * `BENCH_OUTAGES` it fails altogether for two seconds of every thirty. Asked by its parent with any message, it answers
 * what it has done to its callers.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { plainAnswer, streamAnswer } from '../load/payloads.js';
import { Faults } from '../soak/faults.js';
import { SharedRate } from './shared-rate.js';

const outageEveryMs = 30_000;
const outageMs = 2_000;
/** Of the streams for slow readers: far more than sockets buffer. */
const longStreamBytes = 16 * 2 ** 20;

const plain = Buffer.from(plainAnswer);
const streams = [streamAnswer(false), streamAnswer(true)].map((frames) => frames.map((frame) => Buffer.from(frame)));
const [role = Buffer.alloc(0), token = Buffer.alloc(0)] = streams[0] ?? [];
const page = Buffer.concat(Array.from({ length: 300 }, () => token));
const heldStreams = new SharedRate(Number(process.env['BENCH_CHUNKS_PER_SECOND'] ?? 200), token);
const hasOutages = process.env['BENCH_OUTAGES'] !== undefined;
const faults = new Faults();
let outages = 0;

function isOut(): boolean {
  return hasOutages && performance.now() % outageEveryMs > outageEveryMs - outageMs;
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => answer(Buffer.concat(chunks).toString('latin1'), response));
});

function answer(body: string, response: ServerResponse): void {
  const stream = body.includes('"stream":true');
  const frames = streams[body.includes('"include_usage":true') ? 1 : 0] ?? [];
  if (body.includes('"soak-held"')) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(role);
    response.write(token);
    heldStreams.add(response);
    return;
  }
  if (body.includes('"soak-long"')) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(role);
    long(response, frames, 0);
    return;
  }
  if (isOut()) {
    outages += 1;
    response.socket?.resetAndDestroy();
    return;
  }
  const fault = faults.next(stream);
  if (fault !== undefined) fault(response, frames);
  else if (stream) response.writeHead(200, { 'content-type': 'text/event-stream' }).end(Buffer.concat(frames));
  else response.writeHead(200, { 'content-type': 'application/json', 'content-length': plain.length }).end(plain);
}

/** At its reader's pace. */
function long(response: ServerResponse, frames: readonly Buffer[], sent: number): void {
  for (let bytes = sent; bytes < longStreamBytes; bytes += page.length) {
    if (response.destroyed) return;
    if (response.write(page)) continue;
    response.once('drain', () => long(response, frames, bytes + page.length));
    return;
  }
  response.end(Buffer.concat(frames.slice(-3)));
}

server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', () => process.send?.({ faults: faults.dealt, cuts: faults.cuts, outages }));
process.on('disconnect', () => process.exit(0));
