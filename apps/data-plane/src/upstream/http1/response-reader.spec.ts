import type { ResponseFault } from './response-faults.js';
import { ResponseReader } from './response-reader.js';

/** What the reader makes of an answer that comes in these pieces, then the end of the connection. */
function read(...pieces: readonly string[]): {
  over: string;
  body: string;
  frames: (string | undefined)[];
  keeps: boolean;
} {
  const seen = { over: 'cut', body: '', frames: [] as (string | undefined)[], keeps: false };
  const reader = new ResponseReader({
    onHead: () => undefined,
    onBody: (range) => {
      seen.body += range.toString('latin1');
    },
    onRead: (frames) => {
      seen.frames.push(frames?.toString('latin1'));
    },
    onEnd: () => {
      seen.over = 'whole';
      seen.keeps = reader.keepsAlive;
    },
    onRefused: (fault) => {
      seen.over = fault;
    },
  });
  reader.begin(false);
  for (const piece of pieces) if (seen.over === 'cut') reader.push(Buffer.from(piece, 'latin1'));
  if (seen.over === 'cut') reader.end();
  return seen;
}

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`;
const empty = `${OK}content-length: 0\r\n\r\n`;
const interim = 'HTTP/1.1 102 Processing\r\n\r\n';

/** One answer for each fault, and the nearest that is none. */
const examples: Readonly<Record<ResponseFault, readonly [refused: string, accepted: string]>> = {
  NotHttp: [`\r\n${empty}`, empty],
  BadStatus: ['HTTP/1.1 099 X\r\ncontent-length: 0\r\n\r\n', 'HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n'],
  BadReason: ['HTTP/1.1 200 a\x1bb\r\ncontent-length: 0\r\n\r\n', 'HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n'],
  BadHeaderName: [`${OK}a b: c\r\n\r\n`, `${OK}a_b: c\r\n\r\n`],
  BadHeaderValue: [`${OK}a: \x00\r\n\r\n`, `${OK}a: \xff\t\x80\r\n\r\n`],
  FoldedHeader: [`${OK}a: b\r\n c\r\n\r\n`, `${OK}a: b\r\nc: \r\n\r\n`],
  BareLineEnd: [`${OK}a: b\nc: d\r\n\r\n`, `${OK}a: b\r\nc: d\r\n\r\n`],
  HeadTooLong: [`${OK}a: ${'x'.repeat(16_384 - 23)}\r\n\r\n`, `${OK}a: ${'x'.repeat(16_384 - 24)}\r\n\r\n`],
  BadLength: [`${OK}content-length: 0x0\r\n\r\n`, `${OK}content-length: 00\r\n\r\n`],
  LengthTooLarge: [`${OK}content-length: 9007199254740992\r\n\r\n`, empty],
  RepeatedLength: [`${OK}content-length: 0\r\ncontent-length: 0\r\n\r\n`, empty],
  TwoFramings: [`${OK}transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n`, `${CHUNKED}0\r\n\r\n`],
  OtherCoding: [
    `${OK}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    `${OK}Transfer-Encoding:Chunked\r\n\r\n0\r\n\r\n`,
  ],
  Switched: ['HTTP/1.1 101 Switching Protocols\r\n\r\n', `${interim}${empty}`],
  InterimCloses: [`HTTP/1.1 103 Early Hints\r\nconnection: close\r\n\r\n${empty}`, `${interim}${empty}`],
  TooManyInterims: [interim.repeat(17) + empty, interim.repeat(16) + empty],
  BadChunkSize: [`${CHUNKED}-1\r\na\r\n0\r\n\r\n`, `${CHUNKED}01\r\na\r\n0\r\n\r\n`],
  ChunkTooLarge: [`${CHUNKED}20000000000000\r\n`, `${CHUNKED}0\r\n\r\n`],
  ChunkLineTooLong: [`${CHUNKED}0;${'x'.repeat(1_022)}\r\n\r\n`, `${CHUNKED}0;${'x'.repeat(1_021)}\r\n\r\n`],
  BadExtension: [`${CHUNKED}0;a=\r\n\r\n`, `${CHUNKED}0;a="\\"";b=c;d\r\n\r\n`],
  BadChunkEnd: [`${CHUNKED}1\r\nab\r\n0\r\n\r\n`, `${CHUNKED}2\r\nab\r\n0\r\n\r\n`],
  FramingInTrailers: [`${CHUNKED}0\r\nContent-Length: 5\r\n\r\n`, `${CHUNKED}0\r\nx-length: 5\r\n\r\n`],
  TrailersTooLong: [
    `${CHUNKED}0\r\na: ${'x'.repeat(16_384)}\r\n\r\n`,
    `${CHUNKED}0\r\na: ${'x'.repeat(16_000)}\r\n\r\n`,
  ],
};

describe.each(Object.entries(examples))('%s', (fault, [refused, accepted]) => {
  it.each([
    ['in one piece', (text: string) => [text]],
    ['byte by byte', (text: string) => text.split('')],
  ])('%s', (_how, cut) => {
    expect(read(...cut(refused)).over).toBe(fault);
    expect(read(...cut(accepted)).over).toBe('whole');
  });
});

it.each([
  ['closes after bytes that nobody asked for', `${empty}x`, false],
  ['closes after HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n', false],
  [
    'is kept after HTTP/1.0 that says so',
    'HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 0\r\n\r\n',
    true,
  ],
  [
    'is kept after HTTP/1.0 that says so in lower case',
    'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n',
    true,
  ],
  [
    'closes where another line says so',
    `${OK}connection: close\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n`,
    false,
  ],
  [
    'closes after HTTP/1.0 in chunks',
    'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    false,
  ],
  ['closes where close is one of several options', `${OK}connection: x, Close\r\ncontent-length: 0\r\n\r\n`, false],
  ['is kept after 204', 'HTTP/1.1 204 No Content\r\n\r\n', true],
])('a connection %s', (_what, answer, keeps) => {
  expect(read(answer)).toMatchObject({ over: 'whole', keeps });
});

it('each answer says anew how long its server keeps the connection', () => {
  const said: number[] = [];
  const reader = new ResponseReader({
    onHead: () => undefined,
    onBody: () => undefined,
    onRead: () => undefined,
    onEnd: () => said.push(reader.idleTimeoutMs),
    onRefused: (fault) => {
      throw new Error(fault);
    },
  });
  for (const value of ['timeout=5', 'max=10, Timeout = 7', 'timeout=5', 'timeout=5', undefined, 'max=10', '5']) {
    const line = value === undefined ? '' : `keep-alive: ${value}\r\n`;
    reader.begin(false);
    reader.push(Buffer.from(`${OK}${line}content-length: 0\r\n\r\n`));
  }
  expect(said).toEqual([5_000, 7_000, 5_000, 5_000, -1, -1, -1]);
});

it.each([
  [
    'a frame, and two',
    [CHUNKED, '1\r\na\r\n', '1\r\nb\r\n2\r\ncd\r\n', '0\r\n\r\n'],
    ['1\r\na\r\n', '1\r\nb\r\n2\r\ncd\r\n'],
  ],
  ['not with the head before them', [`${CHUNKED}1\r\na\r\n`, '0\r\n\r\n'], [undefined]],
  ['not with one that had begun', [CHUNKED, '2\r\na', 'b\r\n', '0\r\n\r\n'], [undefined, undefined]],
  ['not with one whose size had begun', [CHUNKED, '0', '1\r\na\r\n', '0\r\n\r\n'], [undefined]],
  ['not with the size of a next one', [CHUNKED, '1\r\na\r\n1', '\r\nb\r\n', '0\r\n\r\n'], [undefined, undefined]],
  ['not with an extension', [CHUNKED, '1;x\r\na\r\n', '1\r\nb\r\n', '0\r\n\r\n'], [undefined, '1\r\nb\r\n']],
  ['not with the last one: that is the end', [CHUNKED, '1\r\na\r\n0\r\n\r\n'], []],
  ['not by a length', [`${OK}content-length: 7\r\n\r\n`, '1\r\na\r\n', 'x'], [undefined]],
])('frames as they came: %s', (_what, pieces, frames) => {
  const seen = read(...pieces);
  expect([seen.over, seen.frames]).toStrictEqual(['whole', frames]);
});

it('what can not become a head is refused at once: its end might never come', () => {
  const refusals: string[] = [];
  const reader = new ResponseReader({
    onHead: () => undefined,
    onBody: () => undefined,
    onRead: () => undefined,
    onEnd: () => undefined,
    onRefused: (fault) => refusals.push(fault),
  });
  for (const text of ['SSH-2.0-x', 'HTTP/1.1 200 OK\nserver', 'HTTP/1.0 503 \r\r\r\n', 'HTTP/1.1 200 OK\r']) {
    reader.begin(false);
    reader.push(Buffer.from(text));
  }
  expect(refusals).toEqual(['NotHttp', 'BareLineEnd', 'BareLineEnd']);
});
