import type { InferenceRequest } from '#libs/inference';
import { type ClientRequest, RequestFault } from '#libs/dialects';
import { ChatRequest } from '#libs/dialects/openai';
import type { BackendAuth } from '#libs/routing-table';
import { egressOf } from '../egress.js';
import { egresses } from '../registry.js';

const egress = egressOf(egresses, 'OpenAI');
const auth: BackendAuth = { type: 'Bearer' };
const backend = { entry: { auth, upstreamName: 'up' }, basePath: '/v1' };
const neutral: InferenceRequest = {
  model: 'chat',
  stream: true,
  messages: [{ role: 'User', blocks: [{ type: 'Text', text: 'grün' }] }],
  tools: [],
  stop: [],
  sampling: {},
  choices: 1,
  dropped: ['top_k'],
};

function other(form: InferenceRequest | RequestFault): ClientRequest {
  return {
    dialect: 'Other',
    model: 'chat',
    stream: true,
    forwarded: ['other-beta', 'x'],
    estimateInputTokens: () => 1,
    neutral: () => form,
  };
}

function callFor(request: ClientRequest, as: BackendAuth = auth) {
  const call = egress.build(request, { ...backend, entry: { ...backend.entry, auth: as } }, 'sk-secret');
  if (call instanceof RequestFault) throw new Error(call.message);
  return { ...call, body: call.body.toString() };
}

it('sends a request of the dialect in its own bytes, with its own headers', () => {
  const request = ChatRequest.read(Buffer.from('{ "model":"chat", "messages":[], "x": 1e2 }'), ['openai-beta', 'y']);
  if (request instanceof RequestFault) throw new Error(request.message);
  expect(callFor(request)).toEqual({
    method: 'POST',
    path: '/v1/chat/completions',
    headers: ['accept', 'application/json', 'authorization', 'Bearer sk-secret', 'openai-beta', 'y'],
    body: '{ "model":"up", "messages":[], "x": 1e2 }',
    dropped: [],
  });
});

it.each([
  ['16 KiB is text, written with its head', 16 * 1024, 'string'],
  ['more is bytes, which are not copied once more', 16 * 1024 + 1, 'object'],
])('a body of %s', (_what, length, type) => {
  const text = '{"model":"chat","messages":[]}';
  const request = ChatRequest.read(Buffer.from(text.padEnd(length)), []);
  if (request instanceof RequestFault) throw new Error(request.message);
  const call = egress.build(request, backend, 'sk-secret');
  expect(typeof (call as { body: unknown }).body).toBe(type);
});

it('translates any other, leaves its headers behind, and says what was lost', () => {
  const call = callFor(other(neutral));
  expect(JSON.parse(call.body)).toEqual({
    model: 'up',
    messages: [{ role: 'user', content: 'grün' }],
    stream: true,
    stream_options: { include_usage: true },
  });
  expect(call.headers).toEqual(['accept', 'text/event-stream', 'authorization', 'Bearer sk-secret']);
  expect(call.dropped).toEqual(['top_k']);
});

it('hands on why a request has no neutral form', () => {
  const fault = new RequestFault('unsupported_parameter', 'audio', 'No.');
  expect(egress.build(other(fault), backend, 'sk-secret')).toBe(fault);
});

it('authenticates as the backend wants it', () => {
  expect(callFor(other(neutral), { type: 'Header', name: 'api-key', prefix: 'K ' }).headers).toContain('K sk-secret');
  expect(callFor(other(neutral), { type: 'None' }).headers.join()).not.toContain('sk-secret');
});

it('is asked for by a name that is known', () => {
  expect(() => egressOf(egresses, 'Klingon')).toThrow('speaks no Klingon');
});
