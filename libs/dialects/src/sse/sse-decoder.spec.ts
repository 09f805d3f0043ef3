import fc from 'fast-check';
import { type ServerSentEvent } from './parse-event.js';
import { SseDecoder } from './sse-decoder.js';

function decode(parts: readonly Uint8Array[], maxBytes?: number): ServerSentEvent[] {
  const decoder = new SseDecoder(maxBytes);
  return parts.flatMap((part) => [...decoder.push(part)]);
}
const bytes = (text: string) => Buffer.from(text);
const message = (data: string) => ({ event: 'message', data });

describe('the event stream decoder', () => {
  it.each<[string, string, ServerSentEvent[]]>([
    ['LF', 'data: a\n\ndata: b\n\n', [message('a'), message('b')]],
    ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', [message('a'), message('b')]],
    ['CR', 'data: a\r\rdata: b\r\r', [message('a'), message('b')]],
    ['mixed line ends', 'data: a\r\n\ndata: b\n\r', [message('a'), message('b')]],
    ['a byte order mark', '\ufeffdata: a\n\n', [message('a')]],
    ['no blank after the colon', 'data:a\n\n', [message('a')]],
    ['one blank only is taken', 'data:  a\n\n', [message(' a')]],
    ['several data lines', 'data: a\ndata\ndata: b\n\n', [message('a\n\nb')]],
    ['an event name', 'event: ping\ndata: {}\n\n', [{ event: 'ping', data: '{}' }]],
    ['comments, ids and unknown fields', ': hi\nid: 1\nretry: 5\nfoo: x\ndata: a\n\n', [message('a')]],
    ['a block without data', ': hi\n\nevent: x\n\ndata: a\n\n', [message('a')]],
    ['more blank lines', '\n\n\ndata: a\n\n\n\ndata: b\n\n', [message('a'), message('b')]],
    ['UTF-8', 'data: grün 日本 🙂\n\n', [message('grün 日本 🙂')]],
    ['an end without a blank line', 'data: a\n\ndata: b\n', [message('a')]],
  ])('%s', (_name, text, expected) => {
    expect(decode([bytes(text)])).toEqual(expected);
    expect(decode([...bytes(text)].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
  });

  it('gives the same events however the bytes are split', () => {
    const piece = fc.constantFrom(
      'data: a',
      'data:é🙂',
      ':c',
      'event: x',
      '\n',
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      '\ufeff',
      'data',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(200), { maxLength: 8 }), (pieces, cuts) => {
        const whole = bytes(pieces.join(''));
        expect(decode(split(whole, cuts), 40)).toEqual(decode([whole], 40));
      }),
      { numRuns: 1000 },
    );
  });

  it('counts the event alone towards the cap, not its blank line', () => {
    const exact = bytes('data: 1234\n\n');
    expect(decode([exact], 10)).toEqual([message('1234')]);
    expect(decode(split(exact, [11]), 10)).toEqual([message('1234')]);
    expect(decode([exact], 9)).toEqual([]);
    expect(decode(split(exact, [11]), 9)).toEqual([]);
  });

  it('ends at an event over the cap, in one piece or many', () => {
    const text = bytes(`data: a\n\ndata: ${'x'.repeat(100)}\n\ndata: b\n\n`);
    for (const parts of [[text], split(text, [30, 60, 90])]) {
      const decoder = new SseDecoder(50);
      expect(parts.flatMap((part) => [...decoder.push(part)])).toEqual([message('a')]);
      expect(decoder.isTooLarge).toBe(true);
    }
  });
});

function split(whole: Buffer, cuts: readonly number[]): Buffer[] {
  const sorted = [0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length].sort((a, b) => a - b);
  return sorted.slice(1).map((end, i) => whole.subarray(sorted[i], end));
}
