import { ChatRequest, StreamWriter, WholeWriter } from '#libs/dialects/openai';
import { GatewayError } from '../../errors/error-table.js';
import { surfaces } from '../registry.js';
import { servedAt } from '../served-at.js';

const [surface] = surfaces;
const chat = { kind: 'Inference', name: 'chat', method: 'POST', template: '/v1/chat/completions' } as const;
const body = (members: object) => Buffer.from(JSON.stringify({ model: 'chat', messages: [], ...members }));

describe('what is served', () => {
  it.each([
    ['/v1/chat/completions', { kind: 'Inference', name: 'chat', method: 'POST' }],
    ['/v1/models', { kind: 'ListModels', name: 'listModels', method: 'GET' }],
    ['/v1/models/a%2Fb', { kind: 'GetModel', name: 'getModel', method: 'GET', model: 'a/b' }],
  ])('%s', (path, operation) => {
    expect(servedAt(surfaces, 'GET', path, {})).toEqual({ surface, operation: expect.objectContaining(operation) });
  });

  it.each(['/', '/v1', '/v1/models/', '/v1/models/%zz', `/v1/models/${'a'.repeat(257)}`, '/v1/chat/completions/'])(
    'not %s',
    (path) => {
      expect(servedAt(surfaces, 'GET', path, {})).toBeUndefined();
    },
  );
});

describe('a request', () => {
  it('is read, with the headers that its provider gets to see', () => {
    const headers = { 'openai-beta': 'x', 'idempotency-key': 'k', authorization: 'Bearer secret', cookie: 'c' };
    const request = surface.read(chat, headers, body({ stream: true }));
    expect(request).toBeInstanceOf(ChatRequest);
    expect(request).toMatchObject({
      dialect: 'OpenAI',
      model: 'chat',
      stream: true,
      forwarded: ['openai-beta', 'x', 'idempotency-key', 'k'],
    });
  });

  it.each([
    ['a body', {}, Buffer.from('{'), 'invalid_json', null],
    ['a field', {}, body({ stream: 1 }), 'invalid_type', 'stream'],
    ['a header', { 'openai-beta': 'a\rb' }, body({}), 'invalid_header', null],
    ['a separator in a header', { 'openai-beta': 'a\u00e2\u0080\u00a8b' }, body({}), 'invalid_header', null],
  ])('is refused for %s', (_name, headers, bytes, code, param) => {
    const refused = surface.read(chat, headers, bytes);
    expect(refused).toBeInstanceOf(GatewayError);
    expect(refused).toMatchObject({ code, param });
  });

  it('has a writer of the form that was asked for', () => {
    const writerOf = (members: object) => {
      const request = surface.read(chat, {}, body(members));
      if (request instanceof GatewayError) throw new Error(request.message);
      return surface.writer(request);
    };
    expect(writerOf({ stream: true })).toBeInstanceOf(StreamWriter);
    expect(writerOf({})).toBeInstanceOf(WholeWriter);
  });
});

describe('what a client hears', () => {
  const latin1 = (text: string) => Buffer.from(text).toString('latin1');

  it('of models', () => {
    expect(JSON.parse(Buffer.from(surface.model('grün'), 'latin1').toString())).toEqual({
      id: 'grün',
      object: 'model',
      created: 0,
      owned_by: 'signalbox',
    });
    expect(JSON.parse(surface.modelList(['a', 'b']))).toMatchObject({
      object: 'list',
      data: [{ id: 'a' }, { id: 'b' }],
    });
  });

  it('of an error, as a body and in a stream', () => {
    const error = new GatewayError('invalid_type', 'grün', 'stream');
    const members = { message: 'grün', type: 'invalid_request_error', param: 'stream', code: 'invalid_type' };
    expect(JSON.parse(Buffer.from(surface.errorBody(error), 'latin1').toString())).toMatchObject({ error: members });
    expect(surface.errorEvent(error)).toBe(`data: ${surface.errorBody(error)}\n\n`);
    expect(surface.errorBody(error)).toContain(latin1('grün'));
  });
});
