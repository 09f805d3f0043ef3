import OpenAI from 'openai';
import { RunningSimulator } from './support/running-simulator.js';

let simulator: RunningSimulator;
let client: OpenAI;

beforeAll(async () => {
  simulator = await RunningSimulator.start();
  const baseURL = `${simulator.origin}/alpha/v1`;
  client = new OpenAI({ baseURL, apiKey: 'key-1', maxRetries: 0, timeout: 5_000 });
});
afterAll(() => simulator.stop());

type Body = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'model' | 'messages'>;
type Message = OpenAI.ChatCompletionMessageParam;

const tool = (name: string, parameters?: object): OpenAI.ChatCompletionTool => ({
  type: 'function',
  function: { name, parameters: parameters as Record<string, unknown> | undefined },
});
const weather = tool('get_weather', {
  type: 'object',
  properties: { city: { type: 'string' }, unit: { enum: ['C', 'F'] } },
  required: ['city', 'unit'],
});
const time = tool('get_time', { type: 'object', properties: { zone: { type: 'string' } }, required: ['zone'] });

const ask = (content: string, body: Body = {}, after: Message[] = []): Promise<OpenAI.ChatCompletion> =>
  client.chat.completions.create({
    model: 'sim-small',
    messages: [{ role: 'user', content }, ...after],
    ...body,
  });
const calledBy = ({ choices: [choice] }: OpenAI.ChatCompletion): string[] =>
  (choice?.message.tool_calls ?? []).map((call) => (call.type === 'function' ? call.function.name : call.type));

describe('which tools are called', () => {
  it.each<[string, Body, string, string[], string]>([
    [
      'auto calls the tool that the question names',
      { tools: [time, weather] },
      'use get_weather',
      ['get_weather'],
      'tool_calls',
    ],
    ['with spaces, too', { tools: [time, weather] }, 'please get weather', ['get_weather'], 'tool_calls'],
    ['or else the first', { tools: [time, weather] }, 'hello', ['get_time'], 'tool_calls'],
    [
      'both that it names',
      { tools: [time, weather] },
      'get time, get weather',
      ['get_time', 'get_weather'],
      'tool_calls',
    ],
    ['several of one', { tools: [weather] }, 'get weather in two cities', ['get_weather', 'get_weather'], 'tool_calls'],
    [
      'not in parallel',
      { tools: [time, weather], parallel_tool_calls: false },
      'get time, get weather',
      ['get_time'],
      'tool_calls',
    ],
    ['none', { tools: [weather], tool_choice: 'none' }, 'get weather', [], 'stop'],
    ['no tools', {}, 'get weather', [], 'stop'],
    ['required', { tools: [weather], tool_choice: 'required' }, 'hello', ['get_weather'], 'tool_calls'],
    [
      'the one that is named',
      { tools: [time, weather], tool_choice: { type: 'function', function: { name: 'get_weather' } } },
      'get time',
      ['get_weather'],
      'stop',
    ],
  ])('%s', async (_name, body, question, called, finishReason) => {
    const answer = await ask(question, body);
    expect([calledBy(answer), answer.choices[0]?.finish_reason]).toEqual([called, finishReason]);
  });

  it.each<[string, Body, string]>([
    [
      'a choice that is not offered',
      { tools: [time], tool_choice: { type: 'function', function: { name: 'x' } } },
      "'x'",
    ],
    ['required without tools', { tool_choice: 'required' }, 'tools'],
  ])('%s is refused', async (_name, body, word) => {
    await expect(ask('hello', body)).rejects.toMatchObject({
      status: 400,
      param: 'tool_choice',
      message: expect.stringContaining(word),
    });
  });

  it('a result without its call is refused', async () => {
    const orphan: Message = { role: 'tool', tool_call_id: 'call_1', content: '21' };
    await expect(ask('hello', { tools: [time] }, [orphan])).rejects.toMatchObject({ status: 400 });
  });
});

describe('results', () => {
  it('are answered with a text that uses them, unless another call is required', async () => {
    const first = await ask('get time, get weather', { tools: [time, weather] });
    const message = first.choices[0]?.message;
    const after: Message[] = [
      message as Message,
      ...(message?.tool_calls ?? []).map(({ id }, index): Message => ({
        role: 'tool',
        tool_call_id: id,
        content: `result ${index}`,
      })),
    ];
    const second = await ask('get time, get weather', { tools: [time, weather] }, after);
    expect(second.choices[0]?.message.content).toBe('alpha: get_time said result 0; get_weather said result 1');
    expect(second.choices[0]?.finish_reason).toBe('stop');
    const forced = await ask('get weather', { tools: [weather], tool_choice: 'required' }, after);
    expect(calledBy(forced)).toEqual(['get_weather']);
  });
});

describe('structured answers', () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'array', items: { type: 'integer' }, minItems: 2 } },
    required: ['city', 'days'],
    additionalProperties: false,
  };

  it('json_schema: an answer that has its form, with names of the question', async () => {
    const answer = await ask('How is it in Paris?', {
      response_format: { type: 'json_schema', json_schema: { name: 'weather', strict: true, schema } },
    });
    const value = JSON.parse(answer.choices[0]?.message.content ?? '') as { city: string; days: number[] };
    expect(['How', 'Paris']).toContain(value.city);
    expect(value.days.length).toBeGreaterThanOrEqual(2);
  });

  it('json_object: an object', async () => {
    const answer = await ask('hello', { response_format: { type: 'json_object' } });
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({ answer: 'alpha heard: hello' });
  });
});

describe('limits', () => {
  it('n: as many choices, each counted', async () => {
    const one = await ask('hello');
    const three = await ask('hello', { n: 3 });
    expect(three.choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, 'alpha heard: hello'],
      [1, 'alpha heard: hello (choice 2)'],
      [2, 'alpha heard: hello (choice 3)'],
    ]);
    expect(three.usage?.completion_tokens).toBeGreaterThan(2 * (one.usage?.completion_tokens ?? 0));
  });

  it('n in a stream: each choice ends by itself', async () => {
    const final = await client.chat.completions
      .stream({ model: 'sim-small', messages: [{ role: 'user', content: 'hello' }], n: 2 })
      .finalChatCompletion();
    expect(final.choices.map(({ message, finish_reason: reason }) => [message.content, reason])).toEqual([
      ['alpha heard: hello', 'stop'],
      ['alpha heard: hello (choice 2)', 'stop'],
    ]);
  });

  it.each([
    ['one', 'three', 'alpha heard: one two '],
    ['several, the first in the text counts', ['three', 'two'], 'alpha heard: one '],
    ['none in the text', ['seven'], 'alpha heard: one two three'],
  ])('stop: %s', async (_name, stop, text) => {
    const answer = await ask('one two three', { stop });
    expect(answer.choices[0]).toMatchObject({ message: { content: text }, finish_reason: 'stop' });
  });

  it('max_tokens cuts a text and the arguments of a call', async () => {
    const text = await ask('one two three', { max_tokens: 3 });
    expect(text.choices[0]).toMatchObject({ message: { content: 'alpha heard: one ' }, finish_reason: 'length' });
    const call = await ask('get weather in two cities', { tools: [weather], max_completion_tokens: 3 });
    expect(call.choices[0]?.finish_reason).toBe('length');
    expect(calledBy(call)).toEqual(['get_weather']);
    expect(call.usage?.completion_tokens).toBe(3);
  });

  it('the same request gives the same calls; tools count as prompt', async () => {
    const [first, again] = [
      await ask('get weather', { tools: [weather] }),
      await ask('get weather', { tools: [weather] }),
    ];
    expect(first.choices).toEqual(again.choices);
    expect(first.usage?.prompt_tokens).toBeGreaterThan((await ask('get weather')).usage?.prompt_tokens ?? 0);
  });
});
