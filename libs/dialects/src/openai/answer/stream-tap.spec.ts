import fc from 'fast-check';
import { StreamTap } from './stream-tap.js';

const chunk = (delta: object, more: object = {}, choice: object = {}) =>
  `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason: null, ...choice }], ...more })}\n\n`;
const role = chunk({ role: 'assistant', content: '' });
const text = chunk({ content: 'grün 日本' });
const finish = chunk({}, {}, { finish_reason: 'stop' });
const usage = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 5 }, completion_tokens_details: { reasoning_tokens: 1 } } })}\n\n`;
const done = 'data: [DONE]\n\n';
const latin1 = (value: string) => Buffer.from(value).toString('latin1');

const options = { maxEventBytes: 10_000, dropsUsageChunk: false, choices: 1 };

function tapped(value: string, { dropsUsage = false, cuts = [] as readonly number[], maxBytes = 10_000 } = {}) {
  const tap = new StreamTap({ ...options, dropsUsageChunk: dropsUsage, maxEventBytes: maxBytes });
  const whole = latin1(value);
  const ends = [...cuts.map((cut) => cut % (whole.length + 1)), whole.length].sort((a, b) => a - b);
  let from = 0;
  let out = '';
  for (const end of ends) {
    out += tap.push(whole.slice(from, end));
    from = end;
  }
  out += tap.end();
  const { committed, finishReason, usage: counted, done: isDone, broken, errorBody, isComplete } = tap;
  return { out, committed, finishReason, usage: counted, done: isDone, broken, errorBody, isComplete };
}

describe('a stream on its way through', () => {
  const whole = role + text + text + finish + usage + done;

  it('passes unchanged, and is read on the way', () => {
    expect(tapped(whole)).toEqual({
      out: latin1(whole),
      committed: true,
      finishReason: 'stop',
      usage: { inputTokens: 9, cachedInputTokens: 5, outputTokens: 4, reasoningTokens: 1 },
      done: true,
      broken: undefined,
      errorBody: undefined,
      isComplete: true,
    });
  });

  it('loses the usage chunk, and nothing else, where it was our wish', () => {
    const dropped = tapped(whole, { dropsUsage: true });
    expect(dropped.out).toBe(latin1(role + text + text + finish + done));
    expect(dropped.usage?.inputTokens).toBe(9);
    const inLast = chunk({}, { usage: { prompt_tokens: 1 } }, { finish_reason: 'stop' });
    expect(tapped(text + inLast, { dropsUsage: true }).out).toBe(latin1(text + inLast));
  });

  it('is handed on in whole events only', () => {
    const tap = new StreamTap(options);
    expect(tap.push(role.slice(0, 20))).toBe('');
    expect(tap.push(role.slice(20) + text.slice(0, 9))).toBe(role);
    expect(tap.push(latin1(text).slice(9, -1))).toBe('');
    expect(tap.push('\n')).toBe(latin1(text));
    expect(tap.push('')).toBe('');
  });

  it('has a clean end only after a finish reason or the end marker', () => {
    expect(tapped(role + text).isComplete).toBe(false);
    expect(tapped(role + text + finish).isComplete).toBe(true);
    expect(tapped(role + text + done).isComplete).toBe(true);
    expect(tapped('').isComplete).toBe(false);
  });

  it('may end without its last blank line', () => {
    expect(tapped(text + finish.trimEnd())).toMatchObject({ out: latin1(text + finish), isComplete: true });
    expect(tapped(`${text}data: [DONE]`)).toMatchObject({ out: latin1(text + done), done: true });
    expect(tapped(text + finish.slice(0, -9))).toMatchObject({
      out: latin1(text),
      broken: undefined,
      isComplete: false,
    });
    expect(tapped(`${text}data: {"error":{"message":"x"}}`)).toMatchObject({ out: latin1(text), broken: 'Error' });
  });

  it('ignores what follows the end marker', () => {
    expect(tapped(`${text}${done}${text}garbage`).out).toBe(latin1(text + done));
    const tap = new StreamTap(options);
    tap.push(done);
    expect(tap.push(text)).toBe('');
  });
});

describe('the commit point', () => {
  it.each([
    ['role only', { role: 'assistant' }, false],
    ['an empty text', { role: 'assistant', content: '' }, false],
    ['nulls', { content: null, tool_calls: null, reasoning: null }, false],
    ['empty lists', { content: [], tool_calls: [] }, false],
    ['text', { content: ' ' }, true],
    ['text in parts (Mistral)', { content: [{ type: 'thinking' }] }, true],
    ['a tool call', { tool_calls: [{ index: 0, function: { name: 'f' } }] }, true],
    ['reasoning (DeepSeek)', { reasoning_content: 'hm' }, true],
    ['reasoning (OpenRouter)', { reasoning: 'hm' }, true],
    ['a refusal', { refusal: 'no' }, true],
    ['the old function call', { function_call: { name: 'f' } }, true],
  ])('%s: %#', (_name, delta, expected) => {
    expect(tapped(chunk(delta)).committed).toBe(expected);
  });

  it.each([
    'data: {"choices":[]}',
    'data: {"choices":null}',
    'data: {"choices":[null]}',
    'data: {"choices":[{"index":0}]}',
    'data: {"choices":[{"delta":null}]}',
    'data: {"choices":[],"prompt_filter_results":[{}]}',
    ': OPENROUTER PROCESSING',
    ': a\n: b',
    'event: ping\ndata: not json',
    'id: 7',
    '\n: more blank lines',
  ])('is not reached by %j, which passes', (event) => {
    expect(tapped(`${event}\n\n`)).toMatchObject({ out: `${event}\n\n`, committed: false, broken: undefined });
  });
});

describe('what upstreams write differently', () => {
  it.each([
    ['blanks around values', `data: {"choices" : [ {"delta" : {} , "finish_reason" :\t"stop" } ] }\n\n`],
    ['no blank after data:', `data:{"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n`],
    ['CRLF', finish.replaceAll('\n', '\r\n')],
    ['CR', finish.replaceAll('\n', '\r')],
    ['other fields', `id: 1\nevent: message\n${finish}`],
    ['data over two lines', 'data: {"choices":[{"delta":{},\ndata: "finish_reason":"stop"}]}\n\n'],
    ['fields after', chunk({}, { usage: null, x: [1] }, { finish_reason: 'stop' })],
    ['trailing blanks', `${finish.trimEnd()}  \n\n`],
  ])('a finish reason with %s', (_name, event) => {
    expect(tapped(text + event)).toMatchObject({ finishReason: 'stop', broken: undefined });
    expect(tapped(event)).toMatchObject({ finishReason: 'stop', broken: undefined });
  });

  it('names in a text are no keys, and a null is no value', () => {
    const forged = chunk({ content: '"finish_reason":"stop","usage":{"prompt_tokens":1},"error":{}' }, { usage: null });
    const values = chunk({ content: 'usage', name: 'error', kind: 'finish_reason' }, { error: null });
    const none = chunk({ content: 'x' }, { error: false }) + chunk({ content: 'x' }, { error: 0 });
    expect(tapped(text + forged + values + none + text)).toMatchObject({
      finishReason: undefined,
      usage: undefined,
      broken: undefined,
    });
  });

  it('usage with every chunk, or under a name of Groq', () => {
    const growing = [1, 2, 3].map((n) => chunk({ content: 'x' }, { usage: { completion_tokens: n } })).join('');
    expect(tapped(growing).usage?.outputTokens).toBe(3);
    const groq = chunk({}, { x_groq: { usage: { prompt_tokens: 7 } } }, { finish_reason: 'stop' });
    expect(tapped(text + groq).usage?.inputTokens).toBe(7);
  });

  it('several choices in one chunk', () => {
    const both = `data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null},{"index":1,"delta":{},"finish_reason":"length"}]}\n\n`;
    expect(tapped(text + both).finishReason).toBe('length');
  });
});

describe('a stream that breaks', () => {
  it.each([
    ['an error event', 'data: {"error":{"message":"grün"}}\n\n', 'Error'],
    ['an error event by name', 'event: error\ndata: {"message":"x"}\n\n', 'Error'],
    ['an error beside choices', chunk({ content: '' }, { error: { code: 502 } }, { finish_reason: 'error' }), 'Error'],
    ['an error as finish reason', chunk({}, {}, { finish_reason: 'error' }), 'Error'],
    ['an error that is a text', 'data: {"error":"overloaded"}\n\n', 'Error'],
    ['an error without framing', '{"error":{"message":"x"}}\n\n', 'Error'],
    ['a page', 'data: <html>\n\n', 'Malformed'],
    ['half an event', `${text.slice(0, 40)}\n\n`, 'Malformed'],
    ['a list', 'data: [1]\n\n', 'Malformed'],
  ])('by %s, before and after the commit point', (_name, event, broken) => {
    expect(tapped(role + event + text)).toMatchObject({ out: role, broken, isComplete: false });
    expect(tapped(text + event + finish + done)).toMatchObject({ out: latin1(text), broken, isComplete: false });
  });

  it('gives the error to classification, decoded', () => {
    expect(tapped('data: {"error":{"message":"grün"}}\n\n').errorBody).toBe('{"error":{"message":"grün"}}');
  });

  it('by an event over the cap, whole or not', () => {
    const huge = chunk({ content: 'x'.repeat(600) });
    for (const value of [text + huge + done, text + huge.trimEnd()]) {
      expect(tapped(value, { maxBytes: 500 })).toMatchObject({ out: latin1(text), broken: 'TooLarge' });
      expect(tapped(value, { maxBytes: 500, cuts: [300, 600] })).toMatchObject({
        out: latin1(text),
        broken: 'TooLarge',
      });
    }
  });
});

describe('any split of a stream', () => {
  const event = fc.constantFrom(
    role,
    text,
    finish,
    usage,
    done,
    ': ping\n\n',
    'event: x\ndata: y\n\n',
    '\n',
    'data: {"error":{}}\n\n',
    'data: {\n\n',
    text.replaceAll('\n', '\r\n'),
    finish.replaceAll('\n', '\r'),
    'data: {"choices":\ndata: []}\n\n',
    text.slice(0, 30),
  );

  it('gives the same results', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 12 }),
        fc.array(fc.nat(5000), { maxLength: 10 }),
        fc.boolean(),
        fc.boolean(),
        (events, cuts, dropsUsage, hasMark) => {
          const value = (hasMark ? '\ufeff' : '') + events.join('');
          expect(tapped(value, { dropsUsage, cuts, maxBytes: 300 })).toEqual(
            tapped(value, { dropsUsage, maxBytes: 300 }),
          );
        },
      ),
      { numRuns: 800 },
    );
  });

  it('byte by byte too', () => {
    const value = `\ufeff${role.replaceAll('\n', '\r\n')}${text}${finish}${usage}${done}`;
    const cuts = Array.from({ length: latin1(value).length }, (_, i) => i);
    expect(tapped(value, { cuts })).toEqual(tapped(value));
  });
});
