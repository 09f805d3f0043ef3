import { jest } from '@jest/globals';
import { join } from 'node:path';
import fc from 'fast-check';
import type { FinishReason, InferenceRequest, StreamPart } from '#libs/inference';
import { expectGolden } from '#libs/testing';
import type { AnswerWriter } from '../../answer/answer-writer.js';
import type { ClientRequest } from '../../request/client-request.js';
import { pushAll, RecordingSink } from '../../testing/recording-sink.js';
import { readAnswer } from './read-answer.js';
import { StreamWriter } from './stream-writer.js';
import { WholeWriter } from './whole-writer.js';

const goldens = join(import.meta.dirname, '../testdata/answers');

/** A client of another dialect: whatever comes, it gets it in parts. */
function clientOf(stream: boolean, choices = 1): ClientRequest {
  return {
    dialect: 'Other',
    model: 'asked',
    stream,
    forwarded: [],
    estimateInputTokens: () => 1,
    neutral: () => ({ choices }) as InferenceRequest,
  };
}

function read(answer: string, stream: boolean, cuts: readonly number[] = [], choices = 1): RecordingSink {
  const sink = new RecordingSink();
  const type = stream ? 'text/event-stream' : 'application/json';
  const head = { status: 200, headers: ['content-type', type] };
  const limits = { maxAnswerBytes: 100_000, maxEventBytes: 100_000 };
  const reader = readAnswer(clientOf(stream, choices), head, sink, limits);
  if ('kind' in reader) throw new Error(reader.kind);
  pushAll(reader, Buffer.from(answer), cuts);
  reader.end();
  return sink;
}

function write(writer: AnswerWriter, parts: readonly StreamPart[]): string {
  const written = parts.map((part) => writer.part(part)).join('') + writer.end();
  return Buffer.from(written, 'latin1').toString();
}

const event = (members: object) => `data: ${JSON.stringify({ id: 'c', created: 1, model: 'u', ...members })}\n\n`;
const chunk = (delta: object, reason: string | null = null, index = 0) =>
  event({ choices: [{ index, delta, finish_reason: reason }] });
const calls = (...deltas: object[]) => chunk({ tool_calls: deltas });
const done = 'data: [DONE]\n\n';
const usage = event({
  choices: [],
  usage: {
    prompt_tokens: 9,
    completion_tokens: 4,
    prompt_tokens_details: { cached_tokens: 5 },
    completion_tokens_details: { reasoning_tokens: 1 },
  },
});

/** Streams as upstreams send them, oddities included. */
const streams: Readonly<Record<string, string>> = {
  text:
    chunk({ role: 'assistant', content: '' }) +
    chunk({ content: 'grün' }) +
    chunk({ content: ' 日本' }) +
    chunk({}, 'stop') +
    usage +
    done,
  reasoning: chunk({ reasoning_content: 'hm' }) + chunk({ reasoning: '!' }) + chunk({ content: 'a' }, 'stop') + done,
  'mistral-pieces':
    chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] }) +
    chunk({ content: [{ type: 'text', text: 'a' }] }, 'length') +
    done,
  refusal: chunk({ refusal: 'I ' }) + chunk({ refusal: "can't." }, 'stop') + done,
  'parallel-tools':
    calls({ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }) +
    calls({ index: 0, function: { arguments: '{"a"' } }) +
    calls({ index: 0, function: { arguments: ':1}' } }) +
    calls({ index: 1, id: 'c2', type: 'function', function: { name: 'g', arguments: '{}' } }) +
    chunk({}, 'tool_calls') +
    done,
  'tools-from-index-1':
    calls({ index: 1, id: 'c1', function: { name: 'f', arguments: null } }) +
    calls({ index: 1, id: '', function: { name: '', arguments: '{}' } }) +
    chunk({}, 'tool_calls') +
    done,
  'tool-named-late':
    calls({ index: 0, id: 'c1' }) +
    calls({ index: 0, function: { arguments: '{' } }) +
    calls({ index: 0, function: { name: 'f', arguments: '}' } }) +
    chunk({}, 'tool_calls') +
    done,
  'tool-never-named': calls({ index: 0, id: 'c1', function: { arguments: '{}' } }) + chunk({}, 'stop') + done,
  // Gemini's endpoint for OpenAI's clients.
  'tools-all-at-index-0':
    calls({ index: 0, id: 'c1', function: { name: 'f', arguments: '{}' } }) +
    calls({ index: 0, id: 'c2', function: { name: 'f', arguments: '{"a":1}' } }) +
    calls({ id: 'c3', function: { name: 'g', arguments: '{}' } }) +
    chunk({}, 'tool_calls') +
    done,
  // Older releases of vLLM.
  'tool-with-an-id-for-each-piece':
    calls({ index: 0, id: 'c1', function: { name: 'f', arguments: '' } }) +
    calls({ index: 0, id: 'c2', function: { arguments: '{' } }) +
    calls({ index: 0, id: 'c3', function: { arguments: '}' } }) +
    chunk({}, 'tool_calls') +
    done,
  'tool-arguments-as-object':
    calls({ id: 'c1', function: { name: 'f', arguments: { a: 1 } } }) + chunk({}, 'stop') + done,
  'old-function-call':
    chunk({ function_call: { name: 'f', arguments: '{' } }) +
    chunk({ function_call: { arguments: '}' } }, 'function_call') +
    done,
  'several-choices':
    chunk({ content: 'a' }) +
    chunk({ content: 'b' }, null, 1) +
    chunk({}, 'stop') +
    chunk({}, 'content_filter', 1) +
    done,
  'no-reason': chunk({ content: 'a' }) + usage + done,
  'unknown-reason': chunk({ content: 'a' }, 'eos') + chunk({ content: 'late' }) + done,
};

const listed = (parts: readonly StreamPart[]) => parts.map((part) => `${JSON.stringify(part)}\n`).join('');

describe.each(Object.entries(streams))('a stream: %s', (name, stream) => {
  const { parts } = read(stream, true);

  it('is told in parts', () => {
    expectGolden(join(goldens, `${name}.parts`), listed(parts));
  });

  it('is written as a stream', () => {
    expectGolden(join(goldens, `${name}.sse`), write(new StreamWriter('asked', true), parts));
  });

  it('is written as a plain answer', () => {
    const body = JSON.parse(write(new WholeWriter('asked'), parts)) as object;
    expectGolden(join(goldens, `${name}.json`), `${JSON.stringify(body, null, 2)}\n`);
  });
});

describe('parts', () => {
  it('commit before the first content, and not before', () => {
    const sink = new RecordingSink();
    const order: string[] = [];
    sink.part = (part) => void order.push(part.type);
    sink.commit = () => void order.push('commit');
    const head = { status: 200, headers: ['content-type', 'text/event-stream'] };
    const reader = readAnswer(clientOf(true), head, sink, { maxAnswerBytes: 1_000, maxEventBytes: 1_000 });
    if ('kind' in reader) throw new Error(reader.kind);
    reader.push(Buffer.from(chunk({ role: 'assistant', content: '' })));
    reader.push(Buffer.from(chunk({ content: 'a' })));
    expect(order).toEqual(['Start', 'commit', 'Text']);
  });

  it('of several calls that are mixed are an error, not a guess', () => {
    const mixed =
      calls({ index: 0, id: 'a', function: { name: 'f', arguments: '{' } }) +
      calls({ index: 1, id: 'b', function: { name: 'g', arguments: '{' } }) +
      calls({ index: 0, function: { arguments: '}' } });
    expect(read(mixed + chunk({}, 'tool_calls') + done, true).failed).toEqual({
      kind: 'Failure',
      failure: 'Protocol',
      detail: 'the arguments of several tool calls are mixed',
    });
  });

  it.each([
    ['audio', { audio: { data: 'AAAA' } }, 'the answer holds audio'],
    [
      'arguments that are too deep to be printed',
      { tool_calls: [{ id: 'a', function: { name: 'f', arguments: { a: 'DEEP' } } }] },
      'the arguments of a tool call are nested too deep',
    ],
  ])('can’t hold %s: that is an error, not a loss', (_name, delta, detail) => {
    const deep = chunk(delta).replace('"DEEP"', '['.repeat(20_000) + ']'.repeat(20_000));
    expect(read(deep + chunk({}, 'stop') + done, true).failed).toEqual({
      kind: 'Failure',
      failure: 'Protocol',
      detail,
    });
  });

  it('of many calls are made without a look at all those before', () => {
    const made = Array.from({ length: 2_000 }, (_, index) =>
      calls({ index, id: `c${index}`, function: { name: 'f', arguments: '{}' } }),
    );
    const search = jest.spyOn(Array.prototype, 'find');
    try {
      const { parts } = read(made.join('') + chunk({}, 'tool_calls') + done, true);
      expect(search).not.toHaveBeenCalled();
      expect(parts.filter(({ type }) => type === 'ToolCallEnd')).toHaveLength(2_000);
    } finally {
      search.mockRestore();
    }
  });

  it('are all that a client of another dialect gets, the end marker included', () => {
    const sink = read(chunk({ content: 'a' }, 'stop'), true);
    expect(sink).toMatchObject({ passed: '', finished: 'stop' });
  });

  it('of as many choices have to end as were asked for', () => {
    const one = chunk({ content: 'a' }, 'stop');
    expect(read(one, true, [], 2).failed).toMatchObject({ failure: 'IncompleteBody' });
    expect(read(one + chunk({ content: 'b' }, 'stop', 1), true, [], 2).finished).toBe('stop');
  });

  it('tell the usage that came last, whatever comes after it', () => {
    const late = event({ choices: [] });
    const { parts } = read(chunk({ content: 'a' }, 'stop') + usage + late + done, true);
    expect(parts.at(-1)).toMatchObject({ type: 'Usage', usage: { inputTokens: 9 } });
  });

  it('make choices in their order, whichever came first', () => {
    const { parts } = read(chunk({ content: 'b' }, 'stop', 1) + chunk({ content: 'a' }, 'stop') + done, true);
    const { choices } = JSON.parse(write(new WholeWriter('asked'), parts)) as { choices: { index: number }[] };
    expect(choices.map(({ index }) => index)).toEqual([0, 1]);
  });

  it('leave out the usage that the client of a stream did not ask for', () => {
    const { parts } = read(streams['text'] ?? '', true);
    expect(write(new StreamWriter('asked', false), parts)).not.toContain('usage');
    expect(parts.at(-1)?.type).toBe('Usage');
  });

  it('name the model that was asked for, where the upstream names none', () => {
    const start = { type: 'Start', id: '', model: '', created: 0 } as const;
    const text = { type: 'Text', choice: 0, text: 'a' } as const;
    expect(write(new StreamWriter('asked', false), [start, text])).toContain('"model":"asked"');
    expect(write(new WholeWriter('asked'), [start, text])).toContain('"model":"asked"');
  });
});

/** Content of one choice, in an order that a plain answer keeps, too. */
interface Content {
  readonly reasoning: readonly string[];
  readonly text: readonly string[];
  readonly refusal: readonly string[];
  readonly calls: readonly { readonly id: string; readonly name: string; readonly pieces: readonly string[] }[];
  readonly reason: FinishReason;
}

const word = fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }).map((text) => Buffer.from(text).toString());
const words = fc.array(word, { maxLength: 3 });
const content: fc.Arbitrary<Content> = fc.record({
  reasoning: words,
  text: words,
  refusal: words,
  calls: fc.array(fc.record({ id: word, name: word, pieces: words }), { maxLength: 3 }),
  reason: fc.constantFrom<FinishReason>('Stop', 'Length', 'ToolCalls', 'ContentFiltered'),
});

const raw: Readonly<Record<FinishReason, string>> = {
  Stop: 'stop',
  Length: 'length',
  ToolCalls: 'tool_calls',
  ContentFiltered: 'content_filter',
  Other: 'stop',
};

function* partsOf({ reasoning, text, refusal, calls: made, reason }: Content, choice: number): Iterable<StreamPart> {
  for (const piece of reasoning) yield { type: 'Reasoning', choice, text: piece };
  for (const piece of text) yield { type: 'Text', choice, text: piece };
  for (const piece of refusal) yield { type: 'Refusal', choice, text: piece };
  for (const [call, { id, name, pieces }] of made.entries()) {
    yield { type: 'ToolCallStart', choice, call, id, name };
    for (const piece of pieces) yield { type: 'ToolCallDelta', choice, call, arguments: piece };
    yield { type: 'ToolCallEnd', choice, call };
  }
  yield { type: 'Finish', choice, reason, raw: raw[reason] };
}

/** Deltas of one kind that stand together as one: that is all a plain answer loses. */
function joined(parts: readonly StreamPart[]): StreamPart[] {
  const result: StreamPart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last?.type === 'Text' && part.type === 'Text' && last.choice === part.choice) {
      result[result.length - 1] = { ...last, text: last.text + part.text };
    } else if (last?.type === 'Reasoning' && part.type === 'Reasoning' && last.choice === part.choice) {
      result[result.length - 1] = { ...last, text: last.text + part.text };
    } else if (last?.type === 'Refusal' && part.type === 'Refusal' && last.choice === part.choice) {
      result[result.length - 1] = { ...last, text: last.text + part.text };
    } else if (last?.type === 'ToolCallDelta' && part.type === 'ToolCallDelta' && last.call === part.call) {
      result[result.length - 1] = { ...last, arguments: last.arguments + part.arguments };
    } else result.push(part);
  }
  return result;
}

const answers = fc
  .array(content, { minLength: 1, maxLength: 3 })
  .map((choices): readonly StreamPart[] => [
    { type: 'Start', id: 'c', model: 'u', created: 1 },
    ...choices.flatMap((choice, index) => [...partsOf(choice, index)]),
    { type: 'Usage', usage: { inputTokens: 3, cachedInputTokens: 1, outputTokens: 2, reasoningTokens: 0 } },
  ]);

describe('what is written', () => {
  it('as a stream is read again as the same parts, however it is split', () => {
    fc.assert(
      fc.property(answers, fc.array(fc.nat(5_000), { maxLength: 8 }), (parts, cuts) => {
        const sink = read(write(new StreamWriter('asked', true), parts), true, cuts);
        expect(sink.parts).toEqual(parts);
        expect(sink.finished).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  it('as a plain answer is read again as the same parts, folded', () => {
    fc.assert(
      fc.property(answers, (parts) => {
        expect(read(write(new WholeWriter('asked'), parts), false).parts).toEqual(joined(parts));
      }),
      { numRuns: 300 },
    );
  });
});
