import { fieldPath } from '#libs/apimachinery';
import { errorsOf } from './testing/objects.js';

const provider = (spec: Record<string, unknown>): string[] => errorsOf('Provider', spec);

describe('schema errors', () => {
  it.each([
    ['a missing field', { models: undefined }, 'spec.models: is required: a list'],
    ['a missing enum', { type: undefined }, 'spec.type: is required: one of OpenAI, OpenAICompatible'],
    ['an unknown value', { type: 'Open' }, 'spec.type: must be one of OpenAI, OpenAICompatible'],
    ['a wrong type', { allowInsecure: 'true' }, 'spec.allowInsecure: must be true or false'],
    ['text for a number', { connections: { max: '8' } }, 'spec.connections.max: must be a number'],
    ['a fraction', { connections: { max: 1.5 } }, 'spec.connections.max: must be a whole number'],
    ['text for a list', { models: 'gpt-4o' }, 'spec.models: must be a list'],
    ['text for an object', { timeouts: '5s' }, 'spec.timeouts: must be an object'],
    ['null', { baseURL: null }, 'spec.baseURL: must be a string'],
    ['too small a number', { connections: { max: 0 } }, 'spec.connections.max: must be at least 1'],
    ['too large a number', { connections: { max: 1e9 } }, 'spec.connections.max: must be at most 65536'],
    ['an empty list', { models: [] }, 'spec.models: must have at least 1 item'],
    [
      'too long a text',
      { models: [{ name: 'm'.repeat(254) }] },
      'spec.models[0].name: must have at most 253 characters',
    ],
    [
      'too long a list',
      { headers: Array.from({ length: 33 }, (_, index) => ({ name: `x-${index}`, value: '' })) },
      'spec.headers: must have at most 32 items',
    ],
    [
      'a repeated name',
      { models: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] },
      'spec.models[2].name: another item of the list has this name; remove one of them',
    ],
    [
      'a header repeated in another case',
      {
        headers: [
          { name: 'X-Team', value: 'a' },
          { name: 'x-team', value: 'b' },
        ],
      },
      'spec.headers[1].name: another item of the list has this name; remove one of them',
    ],
    ['a typo', { modles: [] }, 'spec.modles: unknown field; did you mean "models"?'],
    ['swapped letters', { evndor: 'Groq' }, 'spec.evndor: unknown field; did you mean "vendor"?'],
    ['another case', { baseUrl: 'https://x' }, 'spec.baseUrl: unknown field; did you mean "baseURL"?'],
    [
      'an unknown field in a list',
      { models: [{ name: 'm', cost: 1 }] },
      'spec.models[0].cost: unknown field; known here: name, upstreamName',
    ],
    [
      'an unknown field within a section',
      { connections: { size: 1 } },
      'spec.connections.size: unknown field; known here: max, maxPending',
    ],
  ])('name the field and the fix: %s', (_title, spec, expected) => expect(provider(spec)).toEqual([expected]));

  it('name a bad entry of a map by its key', () => {
    const errors = errorsOf('RoutePolicy', { consumerSelector: { matchLabels: { team: 1 } } });
    expect(errors).toEqual(['spec.consumerSelector.matchLabels.team: must be a string']);
  });

  it('report a repeated value of a set', () => {
    expect(errorsOf('RoutePolicy', { models: ['chat', 'chat'] })).toEqual([
      'spec.models[1]: this value stands in the list already; remove one of them',
    ]);
  });

  it('never repeat a value', () => {
    const canary = 'sk-canary';
    const errors = [
      ...errorsOf('Consumer', { keys: [{ name: canary + '!', sha256: canary }] }),
      ...provider({
        baseURL: `https://user:${canary}@example.com/`,
        auth: { type: canary },
        headers: [{ name: 'a b', value: `${canary}\n` }],
      }),
    ];
    expect(errors).not.toEqual([]);
    expect(errors.join()).not.toContain(canary);
  });
});

describe('fieldPath', () => {
  it('brackets what is no identifier', () => {
    expect(fieldPath(['data', 'tls.crt'])).toBe('data[tls.crt]');
    expect(fieldPath(['spec', 'keys', 0, 'weight'])).toBe('spec.keys[0].weight');
  });
});
