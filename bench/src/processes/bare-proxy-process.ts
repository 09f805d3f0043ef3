/**
 * The yardstick: a proxy with nothing in it but what any proxy must do. node:http takes the request, the body gets the
 * same splice (libs/dialects), undici's dispatch sends it, and bytes come back as they arrive, with backpressure. Prints
 * its port to its parent.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { scanRequest, spliceRequest } from '#libs/dialects';
import { type Dispatcher, Pool } from 'undici';

const upstreamNames: Readonly<Record<string, string>> = { bench: 'upstream-model', 'bench-paced': 'upstream-paced' };
const pool = new Pool(`http://127.0.0.1:${process.env['BENCH_UPSTREAM_PORT']}`, {
  pipelining: 1,
  headersTimeout: 0,
  bodyTimeout: 0,
});

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const [first] = chunks;
    forward(chunks.length === 1 && first ? first : Buffer.concat(chunks), response);
  });
});

function forward(body: Buffer, response: ServerResponse): void {
  const scan = scanRequest(body);
  const upstreamName = 'bodyEnd' in scan ? upstreamNames[scan.model] : undefined;
  if (!('bodyEnd' in scan) || upstreamName === undefined) {
    response.writeHead(400).end();
    return;
  }
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: (controller) => {
      response.on('close', () => {
        if (!response.writableFinished) controller.abort(new Error('the client left'));
      });
      response.on('drain', () => controller.resume());
    },
    onResponseStart: (_controller, status, headers) => {
      const length = headers['content-length'];
      const head = { 'content-type': String(headers['content-type']) };
      response.writeHead(status, length === undefined ? head : { ...head, 'content-length': String(length) });
    },
    onResponseData: (controller, chunk) => {
      if (!response.write(chunk)) controller.pause();
    },
    onResponseEnd: () => response.end(),
    onResponseError: () => response.destroy(),
  };
  pool.dispatch(
    {
      path: '/v1/chat/completions',
      method: 'POST',
      headers: ['content-type', 'application/json', 'authorization', 'Bearer bench-key'],
      body: spliceRequest(body, scan, upstreamName, scan.stream),
    },
    handler,
  );
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
