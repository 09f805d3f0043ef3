/**
 * The cheapest upstream that still speaks HTTP: fixed answers, no parsing. Model names choose the pace (load/models.ts).
 * With `BENCH_TLS` (a folder with server.crt and server.key) it speaks TLS.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { plainAnswer, streamAnswer } from '../load/payloads.js';
import { SharedRate } from './shared-rate.js';

const chunkGapMs = 5;
const plain = Buffer.from(plainAnswer);
const streams = [streamAnswer(false), streamAnswer(true)].map((frames) => frames.map((frame) => Buffer.from(frame)));
const [role = Buffer.alloc(0), token = Buffer.alloc(0)] = streams[0] ?? [];
const sharedRate = new SharedRate(Number(process.env['BENCH_CHUNKS_PER_SECOND'] ?? 6_400), token);

function answer(request: IncomingMessage, response: ServerResponse): void {
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
    else if (body.includes('"upstream-shared-rate"')) {
      response.write(role);
      sharedRate.add(response);
    } else backToBack(response, frames, 0);
  });
}

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

const tls = process.env['BENCH_TLS'];
const server =
  tls === undefined
    ? createServer(answer)
    : createTlsServer(
        { cert: readFileSync(join(tls, 'server.crt')), key: readFileSync(join(tls, 'server.key')) },
        answer,
      );
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
