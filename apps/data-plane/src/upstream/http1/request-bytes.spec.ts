import type { UpstreamRequest } from '../transport.js';
import { requestBytes } from './request-bytes.js';

const bytesOf = (changes: Partial<UpstreamRequest>) =>
  requestBytes(
    {
      target: { id: 'x', origin: 'http://x', allowPrivateNetwork: false, maxConnections: 1 },
      path: '/v1',
      always: [],
      headers: [],
      body: Buffer.from('{}'),
      ...changes,
    },
    'host.example:8080',
  );

it('is the head and the body in one piece where the body is text', () => {
  expect(bytesOf({ always: ['x', 'y'], headers: ['a', 'b\tc'], body: '{\xe4}' })).toEqual({
    text: 'POST /v1 HTTP/1.1\r\nhost: host.example:8080\r\nconnection: keep-alive\r\nx: y\r\na: b\tc\r\ncontent-length: 3\r\n\r\n{\xe4}',
    body: undefined,
  });
});

it('is two pieces where the body is bytes: they are not copied', () => {
  const body = Buffer.alloc(100_000);
  const { text, body: second } = bytesOf({ body });
  expect(text).toMatch(/\r\ncontent-length: 100000\r\n\r\n$/);
  expect(second).toBe(body);
});

it('says the lines that come with every request, and those of each', () => {
  const always = ['x', 'y'];
  for (const own of ['1', '2']) {
    expect(bytesOf({ always, headers: ['own', own] }).text).toContain(`\r\nx: y\r\nown: ${own}\r\n`);
  }
  expect(bytesOf({ always: ['x', 'z'] }).text).toContain('\r\nx: z\r\ncontent-length');
});

it('says no length where there is no body to be expected', () => {
  expect(bytesOf({ method: 'GET', body: Buffer.alloc(0) }).text).not.toContain('content-length');
});

it.each(['a\r\nb: c', 'a\nb', 'a\rb', 'a\0', '\u0100', '\u010d\u010a', 'a\x7f', '\u2028'])(
  'refuses the value %j, and does not show it',
  (value) => {
    for (const headers of ['always', 'headers']) {
      expect(() => bytesOf({ [headers]: ['authorization', value] })).toThrow(
        'the header authorization holds a character that it may not',
      );
    }
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
