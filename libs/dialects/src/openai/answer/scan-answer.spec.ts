import { errorBody, errorEvent } from '../errors.js';
import { scanAnswer } from './scan-answer.js';

const read = (text: string) => scanAnswer(Buffer.from(text).toString('latin1'));
const answer = {
  id: 'c',
  choices: [{ index: 0, message: { role: 'assistant', content: '"finish_reason":"x" grün' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13, prompt_tokens_details: { cached_tokens: 5 } },
  system_fingerprint: null,
};

describe('a plain answer', () => {
  it.each([JSON.stringify(answer), JSON.stringify(answer, null, 2), ` ${JSON.stringify(answer)}\n`])(
    'tells its end: %#',
    (text) => {
      expect(read(text)).toEqual({
        kind: 'Complete',
        finishReason: 'stop',
        usage: { inputTokens: 9, cachedInputTokens: 5, outputTokens: 4, reasoningTokens: undefined },
      });
    },
  );

  it('may tell neither usage nor finish reason', () => {
    expect(read('{"choices":[{"message":{}}],"usage":null}')).toEqual({ kind: 'Complete' });
    expect(read('{"choices":[{"finish_reason":null}],"usage":{"prompt_tokens":"9","completion_tokens":-1}}')).toEqual({
      kind: 'Complete',
      usage: {},
    });
  });

  it('tells the same whatever stands after or before the usage', () => {
    const { choices, usage, id } = answer;
    const expected = read(JSON.stringify(answer));
    for (const shape of [
      { usage, choices, id },
      { choices, id, usage },
      { id, choices, usage, more: { usage: 1 } },
      { id, list: [], usage, choices },
    ]) {
      expect(read(JSON.stringify(shape))).toEqual(expected);
    }
  });

  it('may speak of usage and choices in its text', () => {
    const content = '"choices":[],"usage":{"prompt_tokens":1}}';
    expect(read(JSON.stringify({ choices: [{ message: { content } }] }))).toEqual({ kind: 'Complete' });
    expect(read(JSON.stringify({ message: content })).kind).toBe('Malformed');
  });

  it('may speak of its finish reason after it', () => {
    const said = { finish_reason: 'stop', message: { content: 'say "finish_reason' } };
    expect(read(JSON.stringify({ choices: [said], usage: {} }))).toMatchObject({ finishReason: 'stop' });
    const failed = JSON.stringify({ choices: [{ ...said, finish_reason: 'error' }], usage: {} });
    expect(read(failed).kind).toBe('Error');
  });

  it('cut anywhere is malformed', () => {
    const text = JSON.stringify(answer);
    for (let length = 0; length < text.length; length++) expect(read(text.slice(0, length)).kind).toBe('Malformed');
  });

  it.each([
    'x{"choices":[],"usage":{}}',
    '{"choices":[{"message":{"content":"x","usage":{}}',
    '<html></html>',
    '[]',
    '{}',
    '{"object":"list"}',
    '{"choices":[]}{}',
    '{"choices":[}',
    'null',
  ])('that is none is malformed: %s', (text) => {
    expect(read(text).kind).toBe('Malformed');
  });

  it('may be an error in disguise', () => {
    expect(read('{"error":{"message":"x"}}').kind).toBe('Error');
    for (const none of ['null', 'false', '0', '""', '[]']) {
      expect(read(`{"error":${none},"choices":[]}`).kind).toBe('Complete');
    }
    expect(read('{"error":"overloaded"}').kind).toBe('Error');
    expect(read('{"choices":[],"error":"overloaded"}').kind).toBe('Error');
    expect(read('{"choices":[],"usage":{},"error":{"message":"x"}}').kind).toBe('Error');
    expect(read('{"choices":[{"finish_reason":"error"}],"usage":{}}').kind).toBe('Error');
  });
});

describe('errors', () => {
  it('have the four members that SDKs read', () => {
    const error = { message: 'No.', type: 'invalid_request_error', code: 'bad' };
    expect(errorBody(error)).toBe(
      '{"error":{"message":"No.","type":"invalid_request_error","param":null,"code":"bad"}}',
    );
    expect(errorEvent({ ...error, param: 'model' })).toBe(
      'data: {"error":{"message":"No.","type":"invalid_request_error","param":"model","code":"bad"}}\n\n',
    );
  });
});
