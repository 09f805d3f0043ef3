import type { FaultType } from '../../src/provider/behaviour.js';
import type { Reply } from './curl.js';

export interface FaultManual {
  readonly effect: string;
  /** The fault's own fields, in the line that sets it. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Asked with a stream or plainly; endless: nothing ends it but the client. */
  readonly ask: 'Stream' | 'Plain' | 'EndlessStream';
  /** What the effect means for the reply. */
  readonly check: (reply: Reply) => void;
}

const done = 'data: [DONE]';

/** Every fault, for people: the page is written from this, and each line of it is run. */
export const faultManuals: Readonly<Record<FaultType, FaultManual>> = {
  Reset: {
    effect: 'The connection is reset before any header.',
    ask: 'Plain',
    check: (reply) => expect(reply).toMatchObject({ status: 0, isBroken: true }),
  },
  ResetMidStream: {
    effect: 'The head and `afterTokens` tokens, then a reset. A plain answer is reset in the middle of its body.',
    fields: { afterTokens: 2 },
    ask: 'Stream',
    check: (reply) => {
      expect(reply).toMatchObject({ status: 200, isBroken: true });
      expect(reply.body.match(/"content":"[^"]/g)).toHaveLength(2);
    },
  },
  EndWithoutMarker: {
    effect:
      'A stream that ends cleanly after `afterTokens` tokens, without a finish reason and `[DONE]`. Of a plain answer half comes, as with `HalfJSON`.',
    fields: { afterTokens: 1 },
    ask: 'Stream',
    check: (reply) => {
      expect(reply).toMatchObject({ status: 200, isBroken: false });
      expect(reply.body).toContain('"content":"alpha "');
      expect(reply.body).not.toMatch(/\[DONE\]|"finish_reason":"/);
    },
  },
  ErrorMidStream: {
    effect:
      'An error object inside an answer whose status was 200: after `afterTokens` tokens of a stream, or as all of a plain answer.',
    fields: { afterTokens: 1 },
    ask: 'Stream',
    check: (reply) => {
      expect(reply).toMatchObject({ status: 200, isBroken: false });
      expect(reply.body).toMatch(/"content":"alpha ".*data: \{"error":\{[^\n]*\n\n$/s);
    },
  },
  StallFirstByte: {
    effect: 'The request is read, and nothing comes back.',
    ask: 'EndlessStream',
    check: (reply) => expect(reply).toMatchObject({ status: 0, body: '' }),
  },
  StallMidStream: {
    effect: 'The head and `afterTokens` tokens, then silence on an open connection.',
    fields: { afterTokens: 1 },
    ask: 'EndlessStream',
    check: (reply) => {
      expect(reply.status).toBe(200);
      expect(reply.body.match(/"content":"[^"]/g)).toHaveLength(1);
    },
  },
  RateLimited: {
    effect:
      '429 `rate_limit_exceeded`. `retryAfter` and `retryAfterMs` are header values as they are: seconds, a date, nonsense.',
    fields: { retryAfter: '7', retryAfterMs: '6500' },
    ask: 'Plain',
    check: (reply) => {
      expect(reply.status).toBe(429);
      expect([reply.headers.get('retry-after'), reply.headers.get('retry-after-ms')]).toEqual(['7', '6500']);
      expect(reply.body).toContain('"code":"rate_limit_exceeded"');
    },
  },
  QuotaExhausted: {
    effect: '429 `insufficient_quota`: the account is out of money, and no wait helps.',
    ask: 'Plain',
    check: (reply) => {
      expect(reply.status).toBe(429);
      expect(reply.body).toContain('"code":"insufficient_quota"');
    },
  },
  Unauthorized: {
    effect: '401 `invalid_api_key`.',
    ask: 'Plain',
    check: (reply) => {
      expect(reply.status).toBe(401);
      expect(reply.body).toContain('"code":"invalid_api_key"');
    },
  },
  Status: {
    effect: 'Any `status` (500 if none is given) with a JSON error.',
    fields: { status: 503 },
    ask: 'Plain',
    check: (reply) => {
      expect(reply.status).toBe(503);
      expect(JSON.parse(reply.body)).toHaveProperty('error.message');
    },
  },
  HalfJSON: {
    effect: '200 with a body that stops in the middle of its JSON, correctly framed by HTTP.',
    ask: 'Plain',
    check: (reply) => {
      expect(reply).toMatchObject({ status: 200, isBroken: false });
      expect(() => JSON.parse(reply.body) as unknown).toThrow();
    },
  },
  HTML: {
    effect: 'What a proxy or an edge network answers: a large page with `status` (502 if none is given).',
    fields: { status: 522 },
    ask: 'Plain',
    check: (reply) => {
      expect([reply.status, reply.headers.get('content-type')]).toEqual([522, 'text/html']);
      expect(reply.body.length).toBeGreaterThan(64 * 1024);
    },
  },
  JSONInsteadOfStream: {
    effect: 'A plain answer where a stream was asked for.',
    ask: 'Stream',
    check: (reply) => {
      expect(reply.headers.get('content-type')).toBe('application/json');
      expect(JSON.parse(reply.body)).toMatchObject({ object: 'chat.completion' });
    },
  },
  HugeFrame: {
    effect: 'One event of `bytes` (50 MiB if none are given) in the middle of a stream. A plain answer comes as usual.',
    fields: { bytes: 300_000 },
    ask: 'Stream',
    check: (reply) => {
      const events = reply.body.split('\n\n');
      expect(Math.max(...events.map(({ length }) => length))).toBeGreaterThan(300_000);
    },
  },
  SplitBytes: {
    effect: 'A correct stream with CRLF line ends, written byte by byte. A plain answer comes as usual.',
    ask: 'Stream',
    check: (reply) => {
      expect(reply.body).toContain(`${done}\r\n\r\n`);
      expect(reply.body.replaceAll('\r\n', '')).not.toContain('\n');
    },
  },
  Noise: {
    effect:
      'A correct stream with all that the format allows around it: a byte order mark, comments, pings, unknown events, ids. A plain answer comes as usual.',
    ask: 'Stream',
    check: (reply) => {
      expect(reply.body).toMatch(/: ping 0\n\nevent: ping\n.*id: 0\nretry: 1000\n/s);
      expect(reply.body).toContain(done);
    },
  },
  GzipBomb: {
    effect: 'A small compressed body that expands to `bytes` (50 MiB if none are given).',
    fields: { bytes: 300_000 },
    ask: 'Plain',
    check: (reply) => {
      expect(reply.headers.get('content-encoding')).toBe('gzip');
      expect(reply.body.length).toBeGreaterThanOrEqual(300_000);
    },
  },
  Redirect: {
    effect:
      'A redirect with `status` (307 if none is given) to `location` (an address of cloud metadata if none is given).',
    fields: { location: 'http://169.254.169.254/' },
    ask: 'Plain',
    check: (reply) => expect([reply.status, reply.headers.get('location')]).toEqual([307, 'http://169.254.169.254/']),
  },
};
