import { join } from 'node:path';
import { expectGolden } from '#libs/testing';
import type { InferenceRequest } from '#libs/inference';
import { RequestFault } from '../../request/request-fault.js';
import { ChatRequest } from './chat-request.js';
import { encodeRequest } from './encode-request.js';

const goldens = join(import.meta.dirname, '../testdata/requests');

function decode(request: object): InferenceRequest | RequestFault {
  const read = ChatRequest.read(Buffer.from(JSON.stringify({ model: 'm', messages: [], ...request })), []);
  return read instanceof RequestFault ? read : read.neutral();
}

function neutral(request: object): InferenceRequest {
  const decoded = decode(request);
  if (decoded instanceof RequestFault) throw new Error(decoded.message);
  return decoded;
}

const encode = (request: InferenceRequest) =>
  JSON.parse(encodeRequest(request, 'up').toString()) as Record<string, unknown>;

const tool = (name: string) => ({
  type: 'function',
  function: { name, description: 'd', parameters: { type: 'object' } },
});
const call = (id: string, name: string) => ({ id, type: 'function', function: { name, arguments: '{"a":1}' } });

/** Requests that come back as they were, but for the model's name. */
const requests: Readonly<Record<string, object>> = {
  text: {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', name: 'ada', content: 'grün 日本' },
      { role: 'assistant', content: 'a' },
      { role: 'system', content: 'Even briefer.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'one' },
          { type: 'text', text: 'two' },
        ],
      },
    ],
  },
  tools: {
    messages: [
      { role: 'user', content: 'Compare.' },
      { role: 'assistant', content: null, tool_calls: [call('c1', 'f'), call('c2', 'g')] },
      { role: 'tool', tool_call_id: 'c1', content: 'one' },
      { role: 'tool', tool_call_id: 'c2', content: '' },
    ],
    tools: [tool('f'), { type: 'function', function: { name: 'g', strict: true } }],
    tool_choice: { type: 'function', function: { name: 'f' } },
    parallel_tool_calls: false,
  },
  images: {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBOR=' } },
        ],
      },
    ],
  },
  schema: {
    messages: [{ role: 'user', content: 'hi' }],
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'n', description: 'd', schema: { type: 'object' }, strict: true },
    },
  },
  sampling: {
    messages: [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: null, refusal: 'No.' },
    ],
    response_format: { type: 'json_object' },
    tool_choice: 'required',
    max_completion_tokens: 9,
    stop: ['a', 'b'],
    temperature: 0,
    top_p: 0.5,
    seed: 7,
    frequency_penalty: 1,
    presence_penalty: -1,
    n: 3,
    reasoning_effort: 'low',
    user: 'u',
    stream: true,
    stream_options: { include_usage: true },
  },
};

describe.each(Object.entries(requests))('a request: %s', (name, request) => {
  it('has a neutral form', () => {
    expectGolden(join(goldens, `${name}.json`), `${JSON.stringify(neutral(request), null, 2)}\n`);
  });

  it('comes back from it as it was', () => {
    expect(encode(neutral(request))).toEqual({ model: 'up', ...request });
  });
});

describe('what is said in several ways', () => {
  it.each<[string, object, Partial<InferenceRequest>]>([
    ['a developer is the system', { messages: [{ role: 'developer', content: 'x' }] }, { messages: [system('x')] }],
    ['the old limit', { max_tokens: 5 }, { maxOutputTokens: 5 }],
    ['both limits: the new one', { max_tokens: 5, max_completion_tokens: 6 }, { maxOutputTokens: 6 }],
    ['one word that stops', { stop: 'x' }, { stop: ['x'] }],
    ['the newer name of the user', { safety_identifier: 'u' }, { user: 'u' }],
    ['nulls', { stop: null, temperature: null, tools: null, n: null, tool_choice: null }, { stop: [], choices: 1 }],
    ['reasoning of an earlier turn', turn({ reasoning_content: 'hm', content: 'a' }), said('hm', 'a')],
    ['the same by OpenRouter', turn({ reasoning: 'hm', content: 'a' }), said('hm', 'a')],
    [
      'the same by Mistral',
      turn({
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
          { type: 'text', text: 'a' },
        ],
      }),
      said('hm', 'a'),
    ],
  ])('%s', (_name, request, expected) => {
    expect(neutral(request)).toMatchObject(expected);
    expect(neutral(request).dropped).toEqual([]);
  });

  function system(text: string): InferenceRequest['messages'][number] {
    return { role: 'System', blocks: [{ type: 'Text', text }] };
  }
  function turn(message: object): object {
    return { messages: [{ role: 'assistant', ...message }] };
  }
  function said(thought: string, text: string): Partial<InferenceRequest> {
    const blocks = [{ type: 'Reasoning', text: thought } as const, { type: 'Text', text } as const];
    return { messages: [{ role: 'Assistant', blocks }] };
  }
});

it('names what is lost: hints, wherever they stand', () => {
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'a', cache_control: {} }], weight: 1 }];
  expect(neutral({ logit_bias: {}, store: false, metadata: null, messages }).dropped).toEqual([
    'logit_bias',
    'store',
    'messages[0].weight',
    'messages[0].content[0].cache_control',
  ]);
  expect(neutral({ 'a\r\nx: "ü,': 1 }).dropped).toEqual(['a??x?????']);
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${'x'.repeat(100)}${i}`, 1]));
  expect(neutral(many).dropped).toHaveLength(16);
  expect(neutral(many).dropped[0]).toHaveLength(64);
});

it.each<[object, string, string]>([
  [{ audio: {} }, 'unsupported_parameter', 'audio'],
  [{ modalities: ['text', 'audio'] }, 'unsupported_parameter', 'modalities'],
  [{ functions: [] }, 'unsupported_parameter', 'functions'],
  [{ response_format: { type: 'grammar' } }, 'unsupported_parameter', 'response_format.type'],
  [{ tools: [{ type: 'custom', custom: {} }] }, 'unsupported_parameter', 'tools[0].type'],
  [{ tool_choice: { type: 'allowed_tools' } }, 'unsupported_parameter', 'tool_choice'],
  [
    { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] },
    'unsupported_parameter',
    'messages[0].content[0].type',
  ],
  [{ messages: ['hi'] }, 'invalid_type', 'messages[0]'],
  [{ messages: [{ content: 'x' }] }, 'missing_required_parameter', 'messages[0].role'],
  [{ messages: [{ role: 'constructor' }] }, 'invalid_value', 'messages[0].role'],
  [{ messages: [{ role: 'user', content: 7 }] }, 'invalid_type', 'messages[0].content'],
  [{ messages: [{ role: 'tool', content: 'x' }] }, 'missing_required_parameter', 'messages[0].tool_call_id'],
  [
    { messages: [{ role: 'assistant', tool_calls: [{}] }] },
    'missing_required_parameter',
    'messages[0].tool_calls[0].function',
  ],
  [{ temperature: 'hot' }, 'invalid_type', 'temperature'],
  [{ stop: [1] }, 'invalid_type', 'stop'],
  [
    { tools: [{ type: 'function', function: { name: 'f', parameters: [] } }] },
    'invalid_type',
    'tools[0].function.parameters',
  ],
])('refuses %j, which an answer would depend on', (request, code, param) => {
  const fault = decode(request);
  expect(fault).toBeInstanceOf(RequestFault);
  expect(fault).toMatchObject({ code, param, message: expect.stringContaining(param) });
});

describe('what other dialects say and this one says otherwise', () => {
  const request = neutral({ messages: [{ role: 'user', content: 'x' }] });
  const image = { type: 'Image', source: { type: 'Url', url: 'https://example.com/a' } } as const;
  const result = (callId: string, text: string) =>
    ({ type: 'ToolResult', callId, isError: false, blocks: [{ type: 'Text', text }, image] }) as const;

  it('has a message for each tool result, and pictures of one with the user', () => {
    const messages = [
      { role: 'User', blocks: [result('c1', 'a'), result('c2', 'b'), { type: 'Text', text: 't' }] },
    ] as const;
    const picture = { type: 'image_url', image_url: { url: 'https://example.com/a' } };
    expect(encode({ ...request, messages })['messages']).toEqual([
      { role: 'tool', tool_call_id: 'c1', content: 'a' },
      { role: 'tool', tool_call_id: 'c2', content: 'b' },
      { role: 'user', content: [picture, picture, { type: 'text', text: 't' }] },
    ]);
  });

  it('has no place for the reasoning of an earlier turn', () => {
    const messages = [
      {
        role: 'Assistant',
        blocks: [
          { type: 'Reasoning', text: 'hm' },
          { type: 'Text', text: 'a' },
        ],
      },
    ] as const;
    expect(encode({ ...request, messages })['messages']).toEqual([{ role: 'assistant', content: 'a' }]);
  });
});
