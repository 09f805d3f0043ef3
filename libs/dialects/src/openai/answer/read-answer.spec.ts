import fc from 'fast-check';
import type { AnswerLimits } from '../../answer/answer-reader.js';
import { pushAll, RecordingSink } from '../../testing/recording-sink.js';
import { ChatRequest } from '../request/chat-request.js';
import { readAnswer } from './read-answer.js';

const limits: AnswerLimits = { maxAnswerBytes: 10_000, maxEventBytes: 2_000 };

function requestOf(members: object): ChatRequest {
  const body = Buffer.from(JSON.stringify({ model: 'm', messages: [], ...members }));
  const request = ChatRequest.read(body, []);
  if (request instanceof ChatRequest) return request;
  throw new Error(request.message);
}

interface Reading {
  readonly request?: object;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cuts?: readonly number[];
  readonly ending?: 'End' | 'Cut';
}

/** Reads an answer whole, and gives what its sink got. */
function read(answer: string, reading: Reading = {}) {
  const { request = { stream: true }, status = 200, cuts, ending = 'End' } = reading;
  const headers = reading.headers ?? { 'content-type': 'text/event-stream' };
  const raw = Object.entries(headers).flat();
  const sink = new RecordingSink();
  const reader = readAnswer(requestOf(request), { status, headers: raw }, sink, limits);
  if ('kind' in reader) return { sink, refused: reader, estimate: undefined };
  pushAll(reader, Buffer.from(answer), cuts);
  if (ending === 'End') reader.end();
  else reader.cut();
  return { sink, refused: undefined, estimate: reader.estimate() };
}

const event = (members: object) => `data: ${JSON.stringify({ id: 'c', created: 1, model: 'u', ...members })}\n\n`;
const chunk = (delta: object, reason: string | null = null, index = 0) =>
  event({ choices: [{ index, delta, finish_reason: reason }] });
const role = chunk({ role: 'assistant', content: '' });
const text = chunk({ content: 'grün 日本' });
const stop = chunk({}, 'stop');
const counts = { prompt_tokens: 9, completion_tokens: 4 };
const usage = event({ choices: [], usage: counts });
const done = 'data: [DONE]\n\n';
const latin1 = (value: string) => Buffer.from(value).toString('latin1');
const json = { 'content-type': 'application/json; charset=utf-8' };
const whole = (members: object = {}) =>
  JSON.stringify({
    id: 'c',
    created: 1,
    model: 'u',
    choices: [{ index: 0, message: { role: 'assistant', content: 'grün' }, finish_reason: 'stop' }],
    usage: counts,
    ...members,
  });

describe('a stream for a client of the dialect', () => {
  it('passes as it came, and its end and its usage are noticed', () => {
    const { sink } = read(role + text + text + stop + usage + done, {
      request: { stream: true, stream_options: { include_usage: true } },
    });
    expect(sink.passed).toBe(latin1(role + text + text + stop + usage + done));
    expect(sink).toMatchObject({ commits: 1, finished: 'stop', failed: undefined, parts: [] });
    expect(sink.lastUsage).toMatchObject({ inputTokens: 9, outputTokens: 4 });
  });

  it('loses the usage chunk that its client did not ask for', () => {
    const { sink } = read(role + text + stop + usage + done);
    expect(sink.passed).toBe(latin1(role + text + stop + done));
    expect(sink.lastUsage?.inputTokens).toBe(9);
  });

  it('commits before the first content passes, and only there', () => {
    const { sink } = read(role + text + text + done, { cuts: [role.length, role.length + latin1(text).length] });
    expect(sink.beforeCommit).toBe(role);
    expect(sink.commits).toBe(1);
    expect(read(role + stop + done).sink.commits).toBe(0);
  });

  it('is finished at its end marker, whatever follows', () => {
    const sink = new RecordingSink();
    const reader = readAnswer(
      requestOf({ stream: true }),
      { status: 200, headers: ['content-type', 'text/event-stream'] },
      sink,
      limits,
    );
    if ('kind' in reader) throw new Error(reader.kind);
    reader.push(Buffer.from(text + stop + done));
    expect(sink.finished).toBe('stop');
    reader.push(Buffer.from(text));
    reader.end();
    reader.cut();
    expect(sink.passed).toBe(latin1(text + stop + done));
  });

  it('gets the end marker that its upstream left out', () => {
    expect(read(text + stop).sink).toMatchObject({ passed: latin1(text + stop + done), finished: 'stop' });
  });

  it('is whole after a cut only with the end marker', () => {
    const { sink } = read(text + stop, { ending: 'Cut' });
    expect(sink).toMatchObject({ finished: undefined, failed: undefined });
    expect(read(text + stop + done, { ending: 'Cut' }).sink.finished).toBe('stop');
  });

  it.each([
    ['no finish reason', text, 'IncompleteBody', 'without its end marker'],
    ['an event that is no JSON', `${text}data: <html>\n\n`, 'IncompleteBody', 'not JSON'],
    ['an event over the limit', text + chunk({ content: 'x'.repeat(3_000) }), 'BodyTooLarge', 'too large'],
  ])('is unusable with %s', (_name, answer, failure, detail) => {
    const { sink } = read(answer);
    expect(sink).toMatchObject({ passed: latin1(text), finished: undefined });
    expect(sink.failed).toEqual({ kind: 'Failure', failure, detail: expect.stringContaining(detail) });
  });

  it('hands an error event of its upstream on to classification', () => {
    const error = '{"error":{"message":"grün"}}';
    expect(read(`${text}data: ${error}\n\n${stop}${done}`).sink).toMatchObject({
      passed: latin1(text),
      failed: { kind: 'Error', body: error },
    });
  });
});

describe('chunks that pass untouched', () => {
  const push = (pieces: readonly string[], request: object = { stream: true }) => {
    const ends = pieces.map((_, i) => latin1(pieces.slice(0, i + 1).join('')).length);
    return read(pieces.join(''), { request, cuts: ends }).sink;
  };

  it('are those of whole events without anything that matters, after the commit point', () => {
    const sink = push([role, text, text, text + text, stop, done]);
    expect(sink.untouched).toBe(2);
    expect(sink.passed).toBe(latin1(role + text.repeat(4) + stop + done));
  });

  it.each([
    ['half an event and its other half', [text, text.slice(0, 40), text.slice(40)], 0],
    ['one with the end of another before it', [text, text.slice(0, 40), text.slice(40) + text, text], 1],
    ['one of a stream with CR line ends', [text, text.replaceAll('\n', '\r\n')], 0],
    ['one whose LF may belong to a CR', [text, text.replaceAll('\n', '\r'), text], 0],
    ['a comment', [text, ': ping\n\n'], 0],
    ['a named event', [text, 'event: ping\ndata: {}\n\n'], 0],
    ['a finish reason', [text, stop], 0],
    ['a finish reason behind blanks', [text, stop.replace('"finish_reason":', '"finish_reason" : ')], 0],
    ['usage', [text, chunk({ content: 'x' }).replace('"model"', '"usage":{},"model"')], 0],
    ['a null', [text, chunk({ content: 'x' }).replace('"model"', '"usage": null,"error" :null,"model"')], 1],
    ['an error', [text, event({ choices: [], error: {} })], 0],
    ['an event of the size limit and more', [text, chunk({ content: 'x'.repeat(3_000) })], 0],
    ['nothing', [text, ''], 0],
  ])('%s: %#', (_name, pieces, untouched) => {
    expect(push(pieces).untouched).toBe(untouched);
  });

  it('may begin differently from time to time, or every time', () => {
    const at = (created: number) => text.replace('"created":1', `"created":${created}`);
    expect(push([text, text, at(2), at(2), text, text]).untouched).toBe(5);
    expect(push([text, ...Array.from({ length: 20 }, (_, created) => at(created))]).untouched).toBe(20);
    expect(push([text, text, text.replace('"index":0', '"finish_reason":"stop"'), text]).untouched).toBe(2);
  });

  it('are none where every choice has to end', () => {
    expect(push([text, text, stop], { stream: true, n: 2 }).untouched).toBe(0);
  });
});

describe('several choices', () => {
  const two = { request: { stream: true, n: 2 } };
  const other = (reason: string | null) => chunk({ content: 'b' }, reason, 1);

  it('cut after the first one has ended are not whole', () => {
    const { sink } = read(text + other(null) + stop, two);
    expect(sink.failed).toMatchObject({ failure: 'IncompleteBody' });
    expect(sink.finished).toBeUndefined();
  });

  it('cut before the second one has begun are not whole either', () => {
    expect(read(text + stop, two).sink.failed).toMatchObject({ failure: 'IncompleteBody' });
  });

  it('are whole with a reason each, or with the end marker', () => {
    expect(read(text + other(null) + stop + other('length'), two).sink).toMatchObject({ finished: 'length' });
    expect(read(text + other(null) + stop + done, two).sink).toMatchObject({ finished: 'stop' });
  });

  it('that nobody asked for have to end as well', () => {
    expect(read(role + chunk({ role: 'assistant' }, null, 1) + text + stop).sink.finished).toBeUndefined();
  });
});

describe('a plain answer for a client of the dialect', () => {
  const plain = { request: {}, headers: json };

  it('passes whole, with its own type', () => {
    const { sink } = read(whole(), plain);
    expect(sink).toMatchObject({ passed: latin1(whole()), beforeCommit: '', commits: 1, finished: 'stop', parts: [] });
    expect(sink.lastUsage).toMatchObject({ inputTokens: 9, outputTokens: 4 });
  });

  it('passes nothing before it is whole, and nothing of one that breaks off', () => {
    const { sink } = read(whole().slice(0, -9), { ...plain, ending: 'Cut' });
    expect(sink).toMatchObject({ passed: '', commits: 0, finished: undefined, failed: undefined });
  });

  it.each([
    ['half of one', whole().slice(0, -9), 'IncompleteBody'],
    ['a page', '<html>', 'IncompleteBody'],
    ['one over the limit', whole({ x: 'y'.repeat(20_000) }), 'BodyTooLarge'],
  ])('is unusable as %s', (_name, answer, failure) => {
    expect(read(answer, plain).sink).toMatchObject({ passed: '', failed: { kind: 'Failure', failure } });
  });

  it('may be an error at status 200', () => {
    const error = '{"error":{"message":"grün"}}';
    expect(read(error, plain).sink.failed).toEqual({ kind: 'Error', headers: {}, body: error });
  });
});

describe('an answer of another form', () => {
  it('that is plain where a stream was asked for comes in parts', () => {
    const { sink } = read(whole(), { headers: json });
    expect(sink).toMatchObject({ passed: '', commits: 1, finished: 'stop' });
    expect(sink.parts.map(({ type }) => type)).toEqual(['Start', 'Text', 'Finish', 'Usage']);
  });

  it('that is plain, and broken before its end, is nobody’s but its upstream’s fault', () => {
    for (const broken of ['"content":"a\nb"', '"content":"a","logprobs":NaN']) {
      const { sink } = read(whole().replace('"content":"grün"', broken), { headers: json });
      expect(sink).toMatchObject({ parts: [], commits: 0, finished: undefined });
      expect(sink.failed).toEqual({ kind: 'Failure', failure: 'Protocol', detail: 'the answer is not valid JSON' });
      expect(sink.lastUsage?.inputTokens).toBe(9);
    }
  });

  it('that is plain is told in parts all of it, or not at all', () => {
    const call = (index: number, name: string, text: string) => ({
      index,
      id: name,
      function: { name, arguments: text },
    });
    const message = { tool_calls: [call(0, 'f', '{'), call(1, 'g', '{}'), call(0, '', '}')] };
    const { sink } = read(whole({ choices: [{ message, finish_reason: 'tool_calls' }] }), { headers: json });
    expect(sink).toMatchObject({ parts: [], commits: 0, finished: undefined, failed: { failure: 'Protocol' } });
  });

  it('that is a stream where a plain one was asked for comes in parts, and is committed once it is whole', () => {
    const folded = { request: {} };
    const { sink } = read(role + text + stop + done, folded);
    expect(sink).toMatchObject({ passed: '', commits: 1, finished: 'stop' });
    expect(sink.parts.map(({ type }) => type)).toEqual(['Start', 'Text', 'Finish']);
    for (const ending of ['End', 'Cut'] as const) {
      expect(read(role + text, { ...folded, ending }).sink).toMatchObject({ commits: 0, finished: undefined });
    }
  });

  it('that is a stream where a plain one was asked for may be as long as a plain one', () => {
    const many = (length: number) => chunk({ content: 'x'.repeat(1_000) }).repeat(length) + stop + done;
    expect(read(many(8), { request: {}, cuts: [1_100, 2_200] }).sink.finished).toBe('stop');
    expect(read(many(12), { request: {}, cuts: [1_100, 2_200] }).sink).toMatchObject({
      commits: 0,
      failed: { failure: 'BodyTooLarge', detail: 'the stream is longer than a plain answer may be' },
    });
    expect(read(many(12), { cuts: [1_100, 2_200] }).sink.finished).toBe('stop');
  });

  it('that is plain and no answer says what was expected', () => {
    expect(read('{"ok":true}', { headers: json }).sink.failed).toEqual({
      kind: 'Failure',
      failure: 'IncompleteBody',
      detail: 'JSON came where an event stream was asked for, and it is not a whole chat completion',
    });
  });

  it.each<[string, Reading, string]>([
    ['a page', { headers: { 'content-type': 'text/html' } }, 'the answer is text/html'],
    ['nothing', { headers: {} }, 'the answer is of no type'],
    ['gzip', { headers: { ...json, 'Content-Encoding': 'gzip' } }, 'the answer is encoded as gzip'],
  ])('is refused by its head: %s', (_name, reading, detail) => {
    expect(read('', reading).refused).toMatchObject({
      kind: 'Failure',
      failure: 'Protocol',
      detail: expect.stringContaining(detail),
    });
  });

  it('is known by the last of several headers; one that failed has them all', () => {
    const sink = new RecordingSink();
    const several = ['Content-Type', 'text/html', 'content-type', 'application/json', 'X-A', '1', 'x-a', '2'];
    const good = readAnswer(requestOf({}), { status: 200, headers: several }, sink, limits);
    expect(good).toMatchObject({ contentType: 'application/json' });
    const failed = readAnswer(requestOf({}), { status: 500, headers: several }, sink, limits);
    if ('kind' in failed) throw new Error(failed.kind);
    failed.end();
    expect(sink.failed).toMatchObject({ headers: { 'content-type': 'text/html, application/json', 'x-a': '1, 2' } });
  });

  it('that failed goes to classification, with its headers, as far as it came', () => {
    for (const ending of ['End', 'Cut'] as const) {
      const headers = { 'Retry-After': '7', 'content-type': 'text/html' };
      expect(read('grün', { status: 429, headers, ending }).sink.failed).toEqual({
        kind: 'Error',
        headers: expect.objectContaining({ 'retry-after': '7' }),
        body: 'grün',
      });
    }
    expect(read('x'.repeat(100_000), { status: 500, ending: 'Cut' }).sink.failed).toMatchObject({
      body: 'x'.repeat(64 * 1024),
    });
    expect(read('', { status: 307 }).sink.failed).toMatchObject({ kind: 'Error' });
  });
});

describe('an estimate of what an answer has cost', () => {
  it('counts content deltas of a stream, and the bytes of the request', () => {
    const { estimate } = read(role + text.repeat(5) + stop, { ending: 'Cut', cuts: [200, 400, 600] });
    const body = JSON.stringify({ model: 'm', messages: [], stream: true });
    expect(estimate).toEqual({ inputTokens: Math.ceil(body.length / 4), outputTokens: 5, estimated: true });
  });

  it("gives way to the upstream's own counts", () => {
    const growing = chunk({ content: 'x' }).replace('"model"', '"usage":{"prompt_tokens":3},"model"');
    expect(read(text + growing, { ending: 'Cut' }).estimate).toMatchObject({ inputTokens: 3 });
    expect(read(text + growing, { ending: 'Cut' }).estimate?.estimated).toBeUndefined();
  });

  it('counts the bytes of a plain answer', () => {
    const { estimate } = read('x'.repeat(400), { request: {}, headers: json, ending: 'Cut' });
    expect(estimate).toMatchObject({ outputTokens: 100, estimated: true });
  });
});

describe('however an answer is split', () => {
  const pieces = fc.constantFrom(
    role,
    text,
    stop,
    usage,
    done,
    chunk({ content: 'b' }, null, 1),
    chunk({}, 'length', 1),
    chunk({ tool_calls: [{ index: 0, id: 'i', function: { name: 'f', arguments: '{' } }] }),
    ': ping\n\n',
    '\n',
    'data: {"error":{}}\n\n',
    'data: {\n\n',
    text.replaceAll('\n', '\r\n'),
    text.replaceAll('\n', '\r'),
    chunk({ content: 'a\tb: "usage":{}' }),
    text.replace('"created":1', '"created":2'),
    text.replace('"id":"c",', ''),
    event({ choices: [{ finish_reason: null, delta: { content: 'x' } }] }),
    event({ choices: [{ finish_reason: 'stop', delta: { content: 'x' } }] }),
    text.slice(0, 30),
  );
  const requests = fc.constantFrom<object>({ stream: true }, { stream: true, n: 2 });

  const result = (answer: string, request: object, cuts: readonly number[], ending: 'End' | 'Cut') => {
    const { sink, estimate } = read(answer, { request, cuts, ending });
    const { passed, commits, parts, lastUsage, finished, failed } = sink;
    return { passed, commits, parts, lastUsage, finished, failed, estimate };
  };

  it('its sink gets the same', () => {
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 12 }),
        fc.array(fc.nat(4000), { maxLength: 12 }),
        requests,
        fc.constantFrom('End' as const, 'Cut' as const),
        (events, cuts, request, ending) => {
          const answer = events.join('');
          expect(result(answer, request, cuts, ending)).toEqual(result(answer, request, [], ending));
        },
      ),
      { numRuns: 600 },
    );
  });

  it('at the ends of its events, where chunks pass untouched, too', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), requests, (events, request) => {
        const ends = events.map((_, i) => latin1(events.slice(0, i + 1).join('')).length);
        const answer = events.join('');
        expect(result(answer, request, ends, 'End')).toEqual(result(answer, request, [], 'End'));
      }),
      { numRuns: 600 },
    );
  });
});
