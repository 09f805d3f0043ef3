import type { UpstreamRequest } from '../transport.js';
import { requestBytes } from './request-bytes.js';

const bytesOf = (changes: Partial<UpstreamRequest>) =>
  requestBytes(
    {
      target: { id: 'x', origin: 'http://x', allowPrivateNetwork: false, maxConnections: 1 },
      path: '/v1',
      headers: [],
      body: Buffer.from('{}'),
      ...changes,
    },
    'host.example:8080',
  );

it('is the head and the body in one piece', () => {
  expect(bytesOf({ headers: ['a', 'b\tc'] }).map(String)).toEqual([
    'POST /v1 HTTP/1.1\r\nhost: host.example:8080\r\nconnection: keep-alive\r\na: b\tc\r\ncontent-length: 2\r\n\r\n{}',
  ]);
});

it('is two pieces where the body is large: it is not copied', () => {
  const body = Buffer.alloc(100_000);
  expect(bytesOf({ body })[1]).toBe(body);
});

it('says no length where there is no body to be expected', () => {
  expect(String(bytesOf({ method: 'GET', body: Buffer.alloc(0) })[0])).not.toContain('content-length');
});

it.each(['a\r\nb: c', 'a\nb', 'a\rb', 'a\0', '\u0100', '\u010d\u010a', 'a\x7f', '\u2028'])(
  'refuses the value %j, and does not show it',
  (value) => {
    expect(() => bytesOf({ headers: ['authorization', value] })).toThrow(
      'the header authorization holds a character that it may not',
    );
  },
);

it.each(['', 'a b', 'a:', 'a\r\nb', 'a\0', 'a\n', 'na\u00efve'])('refuses the name %j', (name) => {
  expect(() => bytesOf({ headers: [name, 'x'] })).toThrow('may not have the header');
});

it.each(['Host', 'content-length', 'Transfer-Encoding', 'connection', 'expect', 'upgrade', 'TE'])(
  "%s is the transport's own",
  (name) => {
    expect(() => bytesOf({ headers: [name, 'x'] })).toThrow('may not have the header');
  },
);

it.each(['', '/a b', '/a\r\nb', '/\u00e9', '/a\0'])('refuses the path %j', (path) => {
  expect(() => bytesOf({ path })).toThrow('the path of an upstream request');
});
