/**
 * A tracing backend that throws away what it gets, in a process of its own: exporting costs the data plane what it costs,
 * and nobody else's CPU is counted for it. Endpoints end in a name (`http://.../<name>`); asked by its parent with any
 * message, it answers how many bytes came for each.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const received: Record<string, number> = {};

const server = createServer((request, response) => {
  const [, name = ''] = (request.url ?? '').split('/');
  request.on('data', (chunk: Buffer) => (received[name] = (received[name] ?? 0) + chunk.length));
  request.on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
});

server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', () => process.send?.({ received }));
process.on('disconnect', () => process.exit(0));
