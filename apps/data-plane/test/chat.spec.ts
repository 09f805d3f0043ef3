import { Gateway } from './support/gateway.js';
import { chatAnswer, ScriptedUpstream, streamAnswer } from './support/scripted-upstream.js';

let upstream: ScriptedUpstream;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await ScriptedUpstream.start();
  gateway = await Gateway.start({ providers: [{ name: 'alpha', baseURL: upstream.baseURL }] });
});

afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
});

it('passes a plain chat through, byte for byte but for the model', async () => {
  upstream.answers(chatAnswer('hello'));
  const body = '{ "model":"chat","unknown": {"a" : 1.0},"messages":[{"role":"user","content":"h\\u00e9 é"}] }';
  const reply = await gateway.chat(body);
  expect(reply.status).toBe(200);
  expect(JSON.parse(reply.body).choices[0].message.content).toBe('hello');
  expect(upstream.calls[0]?.body).toBe(body.replace('"chat"', '"upstream-model"'));
  expect(upstream.calls[0]?.path).toBe('/v1/chat/completions');
  expect(upstream.calls[0]?.headers.authorization).toBe('Bearer sk-default/alpha/key-0');
  expect(reply.headers).toMatchObject({
    'x-signalbox-attempts': '1',
    'x-signalbox-revision': '1',
    'x-signalbox-route': 'default/chat',
    'x-signalbox-backend': 'default/alpha/m',
    'x-signalbox-key': 'key-0',
  });
  expect(gateway.records.at(-1)).toMatchObject({ finish: 'Completed', inputTokens: 7, outputTokens: 3, status: 200 });
  expect(gateway.held()).toEqual({ running: 0, keys: 0, timers: 0 });
});

it('passes a stream through', async () => {
  upstream.answers(streamAnswer('a', 'b'));
  const reply = await gateway.chat({ stream: true });
  expect(reply.status).toBe(200);
  expect(reply.body.endsWith('data: [DONE]\n\n')).toBe(true);
  expect(reply.body).not.toContain('"usage"');
  expect(gateway.records.at(-1)).toMatchObject({
    finish: 'Completed',
    inputTokens: 7,
    cachedInputTokens: 2,
    finishReason: 'stop',
  });
  expect(gateway.held()).toEqual({ running: 0, keys: 0, timers: 0 });
});
