import OpenAI from 'openai';
import type { Behaviour } from '../src/provider/behaviour.js';
import { RunningSimulator } from './support/running-simulator.js';

let simulator: RunningSimulator;
let origin: string;
let nowMs = 1_000_000;

beforeAll(async () => {
  simulator = await RunningSimulator.start(() => nowMs);
  ({ origin } = simulator);
});

afterAll(() => simulator.stop());

beforeEach(async () => {
  await fetch(`${origin}/_control/reset`, { method: 'POST' });
});

type BehaviourInput = Partial<Omit<Behaviour, 'faults' | 'keys'>> & {
  faults?: object[];
  keys?: Record<string, object>;
};

async function configure(behaviour: BehaviourInput, name = 'alpha'): Promise<Response> {
  return fetch(`${origin}/_control/providers/${name}`, { method: 'PUT', body: JSON.stringify(behaviour) });
}

function client(apiKey = 'key-1'): OpenAI {
  return new OpenAI({ baseURL: `${origin}/alpha/v1`, apiKey, maxRetries: 0, timeout: 5_000 });
}

function chat(stream: boolean, init: RequestInit = {}): Promise<Response> {
  return fetch(`${origin}/alpha/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer key-1', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim-small', stream, messages: [{ role: 'user', content: 'one two three' }] }),
    redirect: 'manual',
    ...init,
  });
}

const messages = [{ role: 'user' as const, content: 'hello there' }];

describe('a well-behaved provider', () => {
  it('answers the SDK, plainly and streamed, with the same text and usage', async () => {
    const plain = await client().chat.completions.create({ model: 'sim-small', messages });
    expect(plain.choices[0]?.message.content).toBe('alpha heard: hello there');

    const stream = await client().chat.completions.create({
      model: 'sim-small',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let usage;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe('alpha heard: hello there');
    expect(usage?.completion_tokens).toBe(plain.usage?.completion_tokens);
  });

  it('lists its models and refuses others', async () => {
    const models = await client().models.list();
    expect(models.data.map((model) => model.id)).toEqual(['sim-small', 'sim-large']);
    await expect(client().chat.completions.create({ model: 'other', messages })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
  });

  it('obeys max_tokens and answerTokens', async () => {
    await configure({ answerTokens: 60 });
    const long = await client().chat.completions.create({ model: 'sim-small', messages });
    expect(long.usage?.completion_tokens).toBe(60);
    const cut = await client().chat.completions.create({ model: 'sim-small', messages, max_tokens: 5 });
    expect(cut.choices[0]?.finish_reason).toBe('length');
    expect(cut.usage?.completion_tokens).toBe(5);
  });

  it('records what it was asked without the key', async () => {
    await client('very-secret').chat.completions.create({ model: 'sim-small', messages });
    const text = await (await fetch(`${origin}/_control/providers/alpha/calls`)).text();
    expect(JSON.parse(text)).toMatchObject({
      received: 1,
      calls: [{ model: 'sim-small', status: 200, aborted: false }],
    });
    expect(text).not.toContain('very-secret');
  });
});

describe('keys', () => {
  it('refuses unknown and revoked keys', async () => {
    await configure({ keys: { good: {}, bad: { revoked: true } } });
    await expect(client('bad').chat.completions.create({ model: 'sim-small', messages })).rejects.toMatchObject({
      status: 401,
    });
    await expect(client('unknown').chat.completions.create({ model: 'sim-small', messages })).rejects.toMatchObject({
      status: 401,
    });
    await client('good').chat.completions.create({ model: 'sim-small', messages });
  });

  it('limits requests a minute, tells so in headers, and resets with the window', async () => {
    await configure({ keys: { 'key-1': { requestsPerMinute: 2 } } });
    const first = await chat(false);
    expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('1');
    await chat(false);
    const refused = await chat(false);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(refused.headers.get('x-ratelimit-reset-requests')).toBe('60.000s');
    nowMs += 60_000;
    expect((await chat(false)).status).toBe(200);
  });
});

describe('bad control input names the field', () => {
  it.each([
    [{ latencyMs: -1 }, 'latencyMs'],
    [{ faults: [{ type: 'Explode' }] }, 'faults.0.type'],
    [{ speed: 3 }, 'speed'],
  ])('%j', async (behaviour, field) => {
    const response = await configure(behaviour as BehaviourInput);
    expect(response.status).toBe(400);
    expect(JSON.stringify(await response.json())).toContain(field);
  });
});

describe('faults', () => {
  const strike = async (fault: object, stream = true): Promise<Response> => {
    await configure({ faults: [fault] });
    return chat(stream);
  };

  it('Reset: the connection dies before any header', async () => {
    await expect(strike({ type: 'Reset' })).rejects.toThrow('fetch failed');
  });

  it('ResetMidStream: some tokens, then the connection dies', async () => {
    const response = await strike({ type: 'ResetMidStream', afterTokens: 2 });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
  });

  it('EndWithoutMarker: a clean end without [DONE]', async () => {
    const text = await (await strike({ type: 'EndWithoutMarker' })).text();
    expect(text).toContain('"content"');
    expect(text).not.toContain('[DONE]');
  });

  it('ErrorMidStream: an error event at status 200', async () => {
    const response = await strike({ type: 'ErrorMidStream' });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('data: {"error":');
  });

  it.each(['StallFirstByte', 'StallMidStream'])('%s: notices that the client left', async (type) => {
    await configure({ faults: [{ type }] });
    const abort = new AbortController();
    const pending = chat(true, { signal: abort.signal }).then((response) => response.text());
    const calls = async () =>
      (await (await fetch(`${origin}/_control/providers/alpha/calls`)).json()) as {
        received: number;
        calls: { aborted: boolean }[];
      };
    while ((await calls()).received === 0);
    abort.abort();
    await expect(pending).rejects.toThrow();
    while (!(await calls()).calls[0]?.aborted);
  });

  it.each([
    [
      { type: 'RateLimited', retryAfter: '7', retryAfterMs: '6500' },
      429,
      { 'retry-after': '7', 'retry-after-ms': '6500' },
    ],
    [{ type: 'QuotaExhausted' }, 429, {}],
    [{ type: 'Unauthorized' }, 401, {}],
    [{ type: 'Status', status: 503 }, 503, {}],
    [{ type: 'HTML', status: 522 }, 522, { 'content-type': 'text/html' }],
    [{ type: 'Redirect', location: 'http://169.254.169.254/' }, 307, { location: 'http://169.254.169.254/' }],
  ])('%j', async (fault, status, headers) => {
    const response = await strike(fault);
    expect(response.status).toBe(status);
    expect(Object.fromEntries(response.headers)).toMatchObject(headers);
    await response.body?.cancel();
  });

  it('HalfJSON: a body that stops in the middle', async () => {
    const text = await (await strike({ type: 'HalfJSON' }, false)).text();
    expect(() => JSON.parse(text) as unknown).toThrow();
  });

  it('JSONInsteadOfStream: a plain answer to a streaming request', async () => {
    expect((await strike({ type: 'JSONInsteadOfStream' })).headers.get('content-type')).toBe('application/json');
  });

  it('HugeFrame and GzipBomb: as large as asked', async () => {
    expect((await (await strike({ type: 'HugeFrame', bytes: 300_000 })).text()).length).toBeGreaterThan(300_000);
    expect((await (await strike({ type: 'GzipBomb', bytes: 300_000 }, false)).text()).length).toBeGreaterThan(300_000);
  });

  it.each(['SplitBytes', 'Noise'])('%s: unusual, yet the same stream to the SDK', async (type) => {
    await configure({ faults: [{ type }] });
    const stream = await client().chat.completions.create({ model: 'sim-small', messages, stream: true });
    let text = '';
    for await (const chunk of stream) text += chunk.choices?.[0]?.delta.content ?? '';
    expect(text).toBe('alpha heard: hello there');
  });

  it('strikes only the key, model, count and share it is told', async () => {
    await configure({ faults: [{ type: 'Status', status: 500, key: 'key-1', model: 'sim-small', count: 2 }] });
    expect((await chat(false)).status).toBe(500);
    expect((await chat(false)).status).toBe(500);
    expect((await chat(false)).status).toBe(200);

    await configure({ faults: [{ type: 'Status', status: 500, percent: 50 }] });
    const statuses = await Promise.all(Array.from({ length: 200 }, async () => (await chat(false)).status));
    const failures = statuses.filter((status) => status === 500).length;
    expect(failures).toBeGreaterThan(60);
    expect(failures).toBeLessThan(140);
  });
});
