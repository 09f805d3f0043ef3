import { egresses } from '../src/egress/registry.js';
import { surfaces } from '../src/surfaces/registry.js';
import { tinyEgress } from './support/tiny/tiny-egress.js';
import { tinySurface } from './support/tiny/tiny-surface.js';
import { BREAKER, ONE_ATTEMPT } from './support/entries.js';
import { chunk, doneEvent, roleChunk, stopChunk } from './support/scripted-upstream.js';
import { nothingHeld, type VirtualCall, type VirtualClient, VirtualGateway } from './support/virtual-gateway.js';

/**
 * The whole data plane with a second dialect, on both sides of it. It is made up and shares nothing with OpenAI's, so that
 * what passes here knows no dialect: see support/tiny.
 */
const dialects = { surfaces: [...surfaces, tinySurface] as const, egresses: [...egresses, tinyEgress] };

let gateway: VirtualGateway;

async function serve(dialect: 'OpenAI' | 'Tiny', providers = 1): Promise<void> {
  gateway = new VirtualGateway(7, { wrap: (dependencies) => ({ ...dependencies, ...dialects }) });
  await gateway.serve({
    providers: Array.from({ length: providers }, (_, index) => ({
      name: `p${index}`,
      baseURL: 'http://127.0.0.1:1/base',
      priority: index,
      backend: { dialect },
    })),
  });
}

const openAI = (members: object = {}, headers: Record<string, string> = {}) =>
  gateway.ask(
    '/v1/chat/completions',
    JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'grün' }], ...members }),
    headers,
  );
const tiny = (lines = '', headers: Record<string, string> = {}) =>
  gateway.ask('/tiny/say', `MODEL chat\n${lines}USER grün\n`, headers);

function lastCall(): VirtualCall {
  const call = gateway.calls.at(-1);
  if (call === undefined) throw new Error('nobody was called');
  return call;
}

/** An upstream's answer, step by step. */
function answer(contentType: string, pieces: readonly string[], ending: 'end' | 'fail' = 'end', status = 200): void {
  const call = lastCall();
  call.sent();
  call.head(status, contentType);
  for (const piece of pieces) call.data(piece);
  call[ending]();
}

const eventStream = 'text/event-stream';
const json = 'application/json';
const tinyType = 'text/x-tiny; charset=utf-8';
const utf8 = (client: VirtualClient) => Buffer.from(client.text, 'latin1').toString();
const events = (client: VirtualClient) =>
  utf8(client)
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice('data: '.length)));
const record = () => gateway.finished.at(-1);
const usageEvent = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } })}\n\n`;
const completion = (content: string) =>
  JSON.stringify({
    id: 'c',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2 },
  });

afterEach(() => {
  expect(gateway.held()).toEqual(nothingHeld);
});

describe('a client of a dialect whose provider speaks another one', () => {
  it('gets a plain answer in its own', async () => {
    await serve('OpenAI');
    const client = tiny();
    const { request } = lastCall();
    expect(request.path).toBe('/base/chat/completions');
    expect(JSON.parse(request.body.toString())).toEqual({
      model: 'upstream-model',
      messages: [{ role: 'user', content: 'grün' }],
    });
    answer(json, [completion('grün')]);
    expect(utf8(client)).toBe('TEXT grün\nEND STOP\nUSAGE 3 2\n');
    expect(client).toMatchObject({ status: 200, contentType: tinyType });
    expect(record()).toMatchObject({ finish: 'Completed', finishReason: 'stop', inputTokens: 3, outputTokens: 2 });
  });

  it('gets a stream in its own, piece by piece', async () => {
    await serve('OpenAI');
    const client = tiny('STREAM\n');
    const call = lastCall();
    call.sent();
    call.head(200, eventStream);
    call.data(roleChunk);
    expect(client.heads).toBe(0);
    call.data(chunk({ content: 'grün' }));
    expect(utf8(client)).toBe('TEXT grün\n');
    expect(client).toMatchObject({ status: 200, contentType: tinyType });
    call.data(chunk({ content: 'blau' }) + stopChunk);
    call.data(usageEvent + doneEvent);
    call.end();
    expect(utf8(client)).toBe('TEXT grün\nTEXT blau\nEND STOP\nUSAGE 3 2\n');
    expect(client.ends).toBe(1);
    expect(record()).toMatchObject({ finish: 'Completed', inputTokens: 3 });
  });

  it('of OpenAI gets a plain answer with all that its SDKs look for', async () => {
    await serve('Tiny');
    const client = openAI();
    expect(lastCall().request.path).toBe('/base/say');
    expect(lastCall().request.body.toString()).toBe('MODEL upstream-model\nUSER grün\n');
    answer(tinyType, ['TEXT gr', 'ün\nUSAGE 3 2\nEND STOP\n']);
    expect(client.contentType).toBe(json);
    expect(JSON.parse(utf8(client))).toEqual({
      id: 'tiny-1',
      object: 'chat.completion',
      created: 1,
      model: 'chat',
      choices: [{ index: 0, message: { role: 'assistant', content: 'grün', refusal: null }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
  });

  it('of OpenAI gets a stream with its usage only where it asked for it', async () => {
    for (const asked of [true, false]) {
      await serve('Tiny');
      const client = openAI({ stream: true, stream_options: { include_usage: asked } });
      answer(tinyType, ['TEXT grün\n', 'TEXT blau\n', 'USAGE 3 2\nEND STOP\n']);
      const [first, second, third, usage] = events(client);
      expect(first.choices).toEqual([{ index: 0, delta: { role: 'assistant', content: 'grün' }, finish_reason: null }]);
      expect(second.choices[0].delta).toEqual({ content: 'blau' });
      expect(third.choices[0].finish_reason).toBe('stop');
      expect(usage?.usage.total_tokens).toBe(asked ? 5 : undefined);
      expect(utf8(client).endsWith(doneEvent)).toBe(true);
      expect(client.contentType).toContain(eventStream);
    }
  });
});

describe('client and provider of one dialect', () => {
  it('exchange their own bytes, and their own headers', async () => {
    await serve('Tiny');
    const client = tiny('UNHEARD OF\nSTREAM\n', { 'tiny-version': '7', 'openai-beta': 'x' });
    const { request } = lastCall();
    expect(request.body.toString()).toBe('MODEL upstream-model\nUNHEARD OF\nSTREAM\nUSER grün\n');
    expect(request.headers.join()).toContain('tiny-version,7');
    expect(request.headers.join()).not.toContain('openai-beta');
    answer(tinyType, ['MUSIC la la\n', 'TEXT grün\n', 'END OF_SONG\n']);
    expect(utf8(client)).toBe('MUSIC la la\nTEXT grün\nEND OF_SONG\n');
    expect(record()?.finishReason).toBe('OF_SONG');
  });

  it('and no other client gets to see them', async () => {
    await serve('OpenAI');
    tiny('', { 'tiny-version': '7', 'openai-beta': 'x' });
    expect(lastCall().request.headers.join()).not.toMatch(/tiny-version|openai-beta/);
    answer(json, [completion('x')]);
  });
});

describe('an answer that breaks off', () => {
  const first = chunk({ content: 'first' });

  it.each(['end', 'fail'] as const)(
    'after its first content ends in an error event of the client: %s',
    async (ending) => {
      await serve('OpenAI');
      const lines = tiny('STREAM\n');
      answer(eventStream, [first], ending);
      expect(utf8(lines)).toMatch(/^TEXT first\nERROR STREAM_INTERRUPTED The answer broke off\..*\n$/);

      await serve('Tiny');
      const stream = openAI({ stream: true });
      answer(tinyType, ['TEXT first\n'], ending);
      expect(events(stream).at(-1).error).toMatchObject({ code: 'stream_interrupted', type: 'server_error' });
      expect(utf8(stream)).not.toContain('[DONE]');
      expect([lines.ends, stream.ends]).toEqual([1, 1]);
    },
  );

  it('leaves an estimate of what it has cost, marked as one', async () => {
    await serve('Tiny');
    openAI({ stream: true });
    answer(tinyType, ['TEXT a\nTEXT b\nTEXT c\n'], 'fail');
    expect(record()).toMatchObject({ outputTokens: 3, usageEstimated: true });
    expect(record()?.inputTokens).toBeGreaterThan(10);
  });

  it('before its first content is another attempt’s to answer, unseen', async () => {
    await serve('OpenAI', 2);
    const client = tiny('STREAM\n');
    answer(eventStream, [roleChunk], 'fail');
    expect(gateway.calls).toHaveLength(2);
    answer(eventStream, [first, stopChunk, doneEvent]);
    expect(utf8(client)).toBe('TEXT first\nEND STOP\n');
    expect(record()?.attempts.map(({ outcome }) => outcome)).toEqual(['Network', 'Success']);
  });

  it('as a plain one is never passed on in part', async () => {
    await serve('Tiny', 2);
    const client = tiny();
    answer(tinyType, ['TEXT half\n'], 'fail');
    answer(tinyType, ['TEXT whole\nEND STOP\n']);
    expect(utf8(client)).toBe('TEXT whole\nEND STOP\n');
  });
});

describe('an error', () => {
  it('of the provider is told in the dialect of the client', async () => {
    await serve('OpenAI');
    const client = tiny();
    const body = { error: { message: 'Too long.', type: 'invalid_request_error', code: 'context_length_exceeded' } };
    answer(json, [JSON.stringify(body)], 'end', 400);
    expect(utf8(client)).toBe('ERROR CONTEXT_LENGTH_EXCEEDED Too long.\n');
    expect(client).toMatchObject({ status: 400, contentType: tinyType });
  });

  it('in the stream of the provider is one in that of the client', async () => {
    await serve('Tiny');
    const client = openAI({ stream: true });
    answer(tinyType, ['TEXT first\n', 'ERROR out of words\n']);
    expect(events(client)[0].choices[0].delta.content).toBe('first');
    expect(events(client).at(-1).error.code).toBe('stream_interrupted');
  });

  it('of ours is told in the dialect of the client', async () => {
    await serve('OpenAI');
    expect(utf8(gateway.ask('/tiny/say', 'MODEL nobody\n'))).toMatch(/^ERROR MODEL_NOT_FOUND /);
    expect(utf8(gateway.ask('/tiny/say', 'USER hi\n'))).toBe('ERROR INVALID_REQUEST A line MODEL is missing.\n');
    expect(gateway.calls).toHaveLength(0);
  });

  it('says what the dialect of the provider can’t: nobody is called', async () => {
    await serve('OpenAI');
    expect(utf8(tiny('DANCE\n'))).toMatch(/^ERROR .*Nobody else can dance\.\n$/);
    await serve('Tiny');
    const { error } = JSON.parse(utf8(openAI({ audio: {} })));
    expect(error).toMatchObject({ type: 'invalid_request_error', param: 'audio', code: 'unsupported_parameter' });
    expect(gateway.calls).toHaveLength(0);
  });

  it('says what the dialect of the provider can’t: that shows nothing of a provider that is being probed', async () => {
    gateway = new VirtualGateway(7, { wrap: (dependencies) => ({ ...dependencies, ...dialects }) });
    const breaker = { ...BREAKER, consecutiveFailures: 1, openForMs: 1_000, successesToClose: 1 };
    const backend = { dialect: 'Tiny', breaker };
    await gateway.serve({
      providers: [{ name: 'p0', baseURL: 'http://127.0.0.1:1/base', backend }],
      route: { retry: ONE_ATTEMPT },
    });
    openAI();
    lastCall().fail();
    await gateway.clock.advanceAsync(1_100);
    expect(openAI({ audio: {} }).status).toBe(400);
    expect([...gateway.runtime.routing.breakers.byId.entries()]).toMatchObject([
      ['default/p0/m', { state: { phase: 'HalfOpen' } }],
    ]);
  });
});

it('the client of a stream that is silent for long is kept waiting in its own words', async () => {
  await serve('OpenAI');
  const client = tiny('STREAM\n');
  lastCall().sent();
  gateway.clock.advance(16_000);
  expect(utf8(client)).toBe('WAIT\n');
  expect(client.contentType).toBe(tinyType);
  answer(eventStream, [chunk({ content: 'late' }), stopChunk, doneEvent]);
  expect(utf8(client)).toBe('WAIT\nTEXT late\nEND STOP\n');
});

it('a plain answer where a stream was asked for becomes one, in whichever dialect', async () => {
  await serve('OpenAI');
  const lines = tiny('STREAM\n');
  answer(json, [completion('whole')]);
  expect(utf8(lines)).toBe('TEXT whole\nEND STOP\nUSAGE 3 2\n');
  const stream = openAI({ stream: true });
  answer(json, [completion('whole')]);
  expect(events(stream).map(({ choices }) => choices[0].delta.content ?? choices[0].finish_reason)).toEqual([
    'whole',
    'stop',
  ]);
  expect(stream.contentType).toContain(eventStream);
});

it('a stream where a plain answer was asked for becomes one, in whichever dialect', async () => {
  const whole = [roleChunk, chunk({ content: 'grün' }), stopChunk, usageEvent, doneEvent];
  await serve('OpenAI');
  const lines = tiny();
  answer(eventStream, whole);
  expect(utf8(lines)).toBe('TEXT grün\nEND STOP\nUSAGE 3 2\n');
  const client = openAI();
  answer(eventStream, whole);
  expect(JSON.parse(utf8(client))).toMatchObject({
    object: 'chat.completion',
    choices: [{ message: { role: 'assistant', content: 'grün' }, finish_reason: 'stop' }],
    usage: { total_tokens: 5 },
  });
  expect(client).toMatchObject({ status: 200, contentType: json });
  expect(record()).toMatchObject({ finish: 'Completed', finishReason: 'stop', outputTokens: 2 });
});

it('an answer of the wrong form that can’t be used is another attempt’s to give, unseen', async () => {
  await serve('OpenAI', 2);
  const plain = openAI();
  answer(eventStream, [roleChunk, chunk({ content: 'first' })], 'fail');
  answer(json, [completion('second')]);
  expect(JSON.parse(utf8(plain)).choices[0].message.content).toBe('second');
  expect(record()?.attempts.map(({ outcome }) => outcome)).toEqual(['Network', 'Success']);

  const stream = openAI({ stream: true });
  answer(json, [completion('x').replace('"x"', 'NaN')]);
  answer(eventStream, [chunk({ content: 'second' }), stopChunk, doneEvent]);
  expect(events(stream)[0].choices[0].delta.content).toBe('second');
  expect(record()?.attempts.map(({ outcome, code }) => [outcome, code])).toEqual([
    ['ServerError', 'Protocol'],
    ['Success', ''],
  ]);
});
