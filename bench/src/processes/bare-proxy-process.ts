/**
 * The yardsticks: proxies with nothing in them but what any proxy must do. node:http takes the request, undici's dispatch
 * sends it, and bytes come back as they arrive, with backpressure. `BENCH_BARE` says what happens to the body: `naive`
 * parses, edits and stringifies it, as one would at first; `splice` makes the same splice as Signalbox (libs/dialects).
 * Prints its port to its parent.
 */
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { scanRequest, spliceRequest } from '#libs/dialects/openai';
import { type Dispatcher, Pool } from 'undici';
import { type Upstream, upstreamOf } from '../load/models.js';

const ca = process.env['NODE_EXTRA_CA_CERTS'];
const pools = {
  plain: poolOf(`http://127.0.0.1:${process.env['BENCH_UPSTREAM_PORT']}`),
  tls: poolOf(`https://127.0.0.1:${process.env['BENCH_UPSTREAM_TLS_PORT']}`),
};

function poolOf(origin: string): Pool {
  return new Pool(origin, {
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: ca === undefined ? undefined : { ca: readFileSync(ca) },
  });
}

interface Edited {
  readonly upstream: Upstream;
  readonly body: Buffer | string;
}

/** undefined: not a request for one of the models. */
const edits: Readonly<Record<string, (body: Buffer) => Edited | undefined>> = {
  naive: (body) => {
    const request = JSON.parse(body.toString()) as {
      model: string;
      stream?: boolean;
      stream_options?: { include_usage: boolean };
    };
    const upstream = upstreamOf(request.model);
    if (upstream === undefined) return undefined;
    request.model = upstream.model;
    if (request.stream === true) request.stream_options = { ...request.stream_options, include_usage: true };
    return { upstream, body: JSON.stringify(request) };
  },
  splice: (body) => {
    const scan = scanRequest(body);
    const upstream = 'bodyEnd' in scan ? upstreamOf(scan.model) : undefined;
    if (!('bodyEnd' in scan) || upstream === undefined) return undefined;
    return { upstream, body: spliceRequest(body, scan, upstream.model, scan.stream) };
  },
};
const edit = edits[process.env['BENCH_BARE'] ?? ''];
if (edit === undefined) throw new Error(`BENCH_BARE must be one of ${Object.keys(edits).join(', ')}`);

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const [first] = chunks;
    const edited = edit(chunks.length === 1 && first ? first : Buffer.concat(chunks));
    if (edited === undefined) response.writeHead(400).end();
    else forward(edited, response);
  });
});

function forward({ upstream, body }: Edited, response: ServerResponse): void {
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
  pools[upstream.transport].dispatch(
    {
      path: '/v1/chat/completions',
      method: 'POST',
      headers: ['content-type', 'application/json', 'authorization', 'Bearer bench-key'],
      body,
    },
    handler,
  );
}

server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
