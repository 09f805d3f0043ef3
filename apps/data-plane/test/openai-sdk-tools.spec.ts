import { consumerManifest, createDatabase, documents, providerManifest, routeManifest, Stack } from '#libs/testing';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';

let stack: Stack;
let client: OpenAI;

beforeAll(async () => {
  stack = await Stack.start({ databaseUrl: await createDatabase() });
  client = new OpenAI({ baseURL: `${stack.dataOrigin}/v1`, apiKey: stack.consumerKey, maxRetries: 0, timeout: 10_000 });
  const { revision } = await stack.admin.apply(
    documents(
      consumerManifest(stack.consumerKey),
      providerManifest('alpha', stack.simulatorOrigin, ['sim-key-1']),
      routeManifest({ alpha: 1 }),
    ),
  );
  await stack.untilServed(revision);
});
afterAll(() => stack?.stop());

const weatherSchema = {
  type: 'object',
  properties: {
    city: { type: 'string' },
    unit: { type: 'string', enum: ['C', 'F'] },
    days: { type: 'array', items: { type: 'integer', minimum: 1, maximum: 7 }, minItems: 1 },
  },
  required: ['city', 'unit', 'days'],
  additionalProperties: false,
};
const weather = { type: 'function', function: { name: 'get_weather', parameters: weatherSchema } } as const;
const time = {
  type: 'function',
  function: {
    name: 'get_time',
    parameters: { type: 'object', properties: { zone: { type: 'string' } }, required: ['zone'] },
  },
} as const;
const Arguments = z.object({
  city: z.string(),
  unit: z.enum(['C', 'F']),
  days: z.array(z.number().int().min(1).max(7)).min(1),
});
const question = (content: string) => [{ role: 'user' as const, content }];

it('runs a tool loop: call, function, answer that uses its result', async () => {
  const given: unknown[] = [];
  const runner = client.chat.completions.runTools({
    model: 'chat',
    messages: question('Get weather in Paris, please.'),
    tools: [
      {
        type: 'function',
        function: {
          name: 'get_weather',
          description: 'The weather of a city',
          parameters: weatherSchema,
          parse: (text: string) => Arguments.parse(JSON.parse(text)),
          function: (parsed: z.infer<typeof Arguments>) => {
            given.push(parsed);
            return `21 degrees in ${parsed.city}`;
          },
        },
      },
    ],
  });
  expect(await runner.finalContent()).toMatch(/^alpha: get_weather said 21 degrees in (Get|Paris)$/);
  expect(given).toHaveLength(1);
});

it('calls tools in parallel, and one alone where it may not', async () => {
  const messages = question('Get time and get weather in Paris.');
  const tools = [time, weather];
  const several = await client.chat.completions.create({ model: 'chat', messages, tools });
  expect(several.choices[0]?.finish_reason).toBe('tool_calls');
  const calls = several.choices[0]?.message.tool_calls ?? [];
  expect(calls.map((call) => call.type === 'function' && call.function.name)).toEqual(['get_time', 'get_weather']);
  expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
  const single = await client.chat.completions.create({ model: 'chat', messages, tools, parallel_tool_calls: false });
  expect(single.choices[0]?.message.tool_calls).toHaveLength(1);
});

it('parses a structured answer', async () => {
  const Forecast = z.object({
    city: z.string(),
    outlook: z.array(z.object({ day: z.enum(['today', 'tomorrow']), high: z.number(), note: z.string().nullable() })),
  });
  const completion = await client.chat.completions.parse({
    model: 'chat',
    messages: question('What will it be like in Rome?'),
    response_format: zodResponseFormat(Forecast, 'forecast'),
  });
  const parsed = completion.choices[0]?.message.parsed;
  expect(Forecast.parse(parsed)).toEqual(parsed);
  expect(['What', 'Rome']).toContain(parsed?.city);
});

it('streams the deltas of tool calls: dense indexes, id and name once, arguments in pieces', async () => {
  const body = { model: 'chat', messages: question('Get time and get weather.'), tools: [time, weather] };
  const deltas: OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall[] = [];
  const stream = await client.chat.completions.create({ ...body, stream: true });
  for await (const chunk of stream) deltas.push(...(chunk.choices[0]?.delta.tool_calls ?? []));
  expect(deltas.filter(({ id }) => id !== undefined).map((delta) => [delta.index, delta.function?.name])).toEqual([
    [0, 'get_time'],
    [1, 'get_weather'],
  ]);
  expect(deltas.length).toBeGreaterThan(6);

  const [folded, plain] = await Promise.all([
    client.chat.completions.stream(body).finalChatCompletion(),
    client.chat.completions.create(body),
  ]);
  expect(folded.choices[0]?.finish_reason).toBe('tool_calls');
  const calls = ({ choices: [choice] }: OpenAI.ChatCompletion) =>
    (choice?.message.tool_calls ?? []).map((call) => {
      if (call.type !== 'function') throw new Error(`a call of type ${call.type}`);
      return { name: call.function.name, given: JSON.parse(call.function.arguments) as unknown };
    });
  expect(calls(folded).map(({ name }) => name)).toEqual(['get_time', 'get_weather']);
  expect(calls(plain).map(({ name }) => name)).toEqual(['get_time', 'get_weather']);
  expect(Arguments.parse(calls(folded)[1]?.given)).toEqual(calls(folded)[1]?.given);
});
