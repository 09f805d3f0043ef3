import {
  consumerManifest,
  createDatabase,
  documents,
  eventuallyPasses,
  providerManifest,
  routeManifest,
  Stack,
} from '#libs/testing';
import OpenAI from 'openai';

let stack: Stack;
let client: OpenAI;
const messages = [{ role: 'user' as const, content: 'hello from the SDK' }];

beforeAll(async () => {
  stack = await Stack.start({ databaseUrl: await createDatabase() });
  client = new OpenAI({ baseURL: `${stack.dataOrigin}/v1`, apiKey: stack.consumerKey, maxRetries: 0, timeout: 10_000 });
  const { revision } = await stack.admin.apply(
    documents(
      consumerManifest(stack.consumerKey),
      providerManifest('alpha', stack.simulatorOrigin, ['sim-key-1', 'sim-key-2']),
      providerManifest('beta', stack.simulatorOrigin, ['sim-key-3']),
      routeManifest({ alpha: 1 }),
      routeManifest({ alpha: 1, beta: 1 }, '', 'both'),
    ),
  );
  await stack.untilServed(revision);
});

afterAll(() => stack?.stop());

beforeEach(async () => {
  await stack.simulate('alpha', {});
  await stack.simulate('beta', {});
});

async function textOf(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  return text;
}

it('chats, and tells how it was routed', async () => {
  const { data, response } = await client.chat.completions.create({ model: 'chat', messages }).withResponse();
  expect(data.choices[0]?.message.content).toBe('alpha heard: hello from the SDK');
  expect(data.usage?.total_tokens).toBeGreaterThan(0);
  expect(response.headers.get('x-signalbox-attempts')).toBe('1');
  expect(response.headers.get('x-signalbox-backend')).toContain('alpha');
  expect(response.headers.get('x-signalbox-key')).toMatch(/^key-[01]$/);
  expect(response.headers.get('x-signalbox-trace-id')).toMatch(/^[0-9a-f]{32}$/);
  expect(Number(response.headers.get('x-signalbox-revision'))).toBeGreaterThan(0);
  expect(response.headers.get('x-request-id')).toBeTruthy();
});

it('streams, with usage only where it was asked for', async () => {
  const plain = await client.chat.completions.create({ model: 'chat', messages, stream: true });
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of plain) chunks.push(chunk);
  expect(chunks.every((chunk) => chunk.choices.length === 1)).toBe(true);
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');

  const counted = await client.chat.completions.create({
    model: 'chat',
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  let usage: OpenAI.CompletionUsage | null | undefined;
  for await (const chunk of counted) usage = chunk.usage ?? usage;
  expect(usage?.completion_tokens).toBeGreaterThan(0);
});

it('folds a stream with the SDK helper', async () => {
  const runner = client.chat.completions.stream({ model: 'chat', messages });
  const final = await runner.finalChatCompletion();
  expect(final.choices[0]?.message.content).toBe('alpha heard: hello from the SDK');
});

it('lists and finds models', async () => {
  const ids = (await client.models.list()).data.map((model) => model.id);
  expect(ids).toEqual(['both', 'chat']);
  expect((await client.models.retrieve('chat')).id).toBe('chat');
  await expect(client.models.retrieve('missing')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
});

describe('errors are the SDK’s own types', () => {
  it('wrong key', async () => {
    const stranger = new OpenAI({ baseURL: `${stack.dataOrigin}/v1`, apiKey: 'sbx_wrong', maxRetries: 0 });
    await expect(stranger.chat.completions.create({ model: 'chat', messages })).rejects.toBeInstanceOf(
      OpenAI.AuthenticationError,
    );
  });

  it('unknown model', async () => {
    await expect(client.chat.completions.create({ model: 'nobody', messages })).rejects.toBeInstanceOf(
      OpenAI.NotFoundError,
    );
  });

  it('bad request', async () => {
    await expect(client.chat.completions.create({ model: 7 as unknown as string, messages })).rejects.toBeInstanceOf(
      OpenAI.BadRequestError,
    );
  });

  it('every key rate limited: 429 with a Retry-After', async () => {
    await stack.simulate('alpha', { faults: [{ type: 'RateLimited', retryAfter: '1' }] });
    const failure = await client.chat.completions.create({ model: 'chat', messages }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OpenAI.RateLimitError);
    expect(Number((failure as InstanceType<typeof OpenAI.RateLimitError>).headers?.get('retry-after'))).toBeGreaterThan(
      0,
    );
    expect((failure as InstanceType<typeof OpenAI.RateLimitError>).headers?.get('x-should-retry')).toBe('false');
    await stack.simulate('alpha', {});
    await eventuallyPasses(async () => {
      await client.chat.completions.create({ model: 'chat', messages });
    });
  });
});

it('a stream cut after the first token raises in the SDK', async () => {
  for (const type of ['ResetMidStream', 'EndWithoutMarker', 'ErrorMidStream']) {
    await stack.simulate('alpha', { faults: [{ type, afterTokens: 2 }] });
    const stream = await client.chat.completions.create({ model: 'chat', messages, stream: true });
    await expect(textOf(stream)).rejects.toBeInstanceOf(OpenAI.APIError);
  }
});

it('an abort reaches the upstream', async () => {
  await stack.simulate('alpha', { faults: [{ type: 'StallMidStream', afterTokens: 2 }] });
  const stream = await client.chat.completions.create({ model: 'chat', messages, stream: true });
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta.content) break;
  }
  stream.controller.abort();
  await eventuallyPasses(async () => {
    const response = await fetch(`${stack.simulatorOrigin}/_control/providers/alpha/calls`);
    const { calls } = (await response.json()) as { calls: { aborted: boolean }[] };
    expect(calls.at(-1)?.aborted).toBe(true);
  });
});

it('a bad key and a resetting backend stay invisible', async () => {
  await stack.simulate('alpha', { faults: [{ type: 'Reset' }] });
  await stack.simulate('beta', {});
  for (let index = 0; index < 20; index += 1) {
    const { data } = await client.chat.completions.create({ model: 'both', messages }).withResponse();
    expect(data.choices[0]?.message.content).toBe('beta heard: hello from the SDK');
  }
});
