import { z } from 'zod';
import { type ApiObject, fieldPath } from '#libs/apimachinery';
import { checkObject } from './check.js';
import { kinds } from './registry.js';
import { bareObject, errorsOf } from './testing/objects.js';
import { entryName, item, schemaPlaces, withValueAt } from './testing/schema-paths.js';

const provider = (spec: Record<string, unknown>): string[] => errorsOf('Provider', spec);

describe('schema errors', () => {
  it.each([
    ['a missing field', { models: undefined }, 'spec.models: is required: a list'],
    ['a missing enum', { type: undefined }, 'spec.type: is required: one of OpenAI, OpenAICompatible'],
    ['an unknown value', { type: 'Open' }, 'spec.type: must be one of OpenAI, OpenAICompatible, not "Open"'],
    [
      'a wrong type',
      { allowInsecure: 'true' },
      'spec.allowInsecure: must be true or false, not text: leave out the quotes, as in allowInsecure: true',
    ],
    [
      'text for a number',
      { connections: { max: '8' } },
      'spec.connections.max: must be a number, not text: leave out the quotes, as in max: 8',
    ],
    ['a fraction', { connections: { max: 1.5 } }, 'spec.connections.max: must be a whole number, not a fraction'],
    ['text for a list', { models: 'gpt-4o' }, 'spec.models: must be a list, not text: put "- " before each item'],
    [
      'text for an object',
      { timeouts: '5s' },
      'spec.timeouts: must be an object, not text: write its fields below it, indented',
    ],
    ['null', { baseURL: null }, 'spec.baseURL: must be a string, not null: give it a value, or leave it out'],
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
    [
      'another case of a value',
      { type: 'openai' },
      'spec.type: must be one of OpenAI, OpenAICompatible, not "openai"; did you mean "OpenAI"?',
    ],
    [
      'a YAML boolean for a name',
      { models: [{ name: true }] },
      'spec.models[0].name: must be a string, not a boolean: YAML takes y, n, yes, no, on, off, true and false for booleans; ' +
        'put it in quotes, as in name: "yes"',
    ],
    [
      'a number for a name',
      { models: [{ name: 4 }] },
      'spec.models[0].name: must be a string, not a number: put it in quotes, as in name: "4"',
    ],
    [
      'a duration without a unit',
      { timeouts: { request: 30 } },
      'spec.timeouts.request: must be a duration with a unit, not a number: 30s, 30m or 30ms',
    ],
    ['the short form of a list', { models: ['gpt-4o'] }, 'spec.models[0]: must be an object, not text: - name: gpt-4o'],
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
    expect(errors).toEqual([
      'spec.consumerSelector.matchLabels.team: must be a string, not a number: put it in quotes, as in team: "..."',
    ]);
  });

  it.each([
    ['KeyPool', { providerRef: 'openai' }, 'spec.providerRef: must be an object, not text: {name: openai}'],
    [
      'RoutePolicy',
      { rules: [{ name: 'main', backendRefs: ['alpha'] }] },
      'spec.rules[0].backendRefs[0]: must be an object, not text: - {keyPoolRef: {name: alpha}, model: gpt-4o}',
    ],
    [
      'Consumer',
      { keys: [{ name: 'main', sha256: Number('12'.repeat(32)) }] },
      'spec.keys[0].sha256: must be a string, not a number: put it in quotes, as in sha256: "..."',
    ],
  ])('show what to write: %s %j', (kind, spec, expected) => expect(errorsOf(kind, spec)).toEqual([expected]));

  it('report a repeated value of a set', () => {
    expect(errorsOf('RoutePolicy', { models: ['chat', 'chat'] })).toEqual([
      'spec.models[1]: this value stands in the list already; remove one of them',
    ]);
  });

  it('never repeat what may be a secret, wherever it stands', () => {
    const secrets = ['sk-canary-0123456789', 'sbx_canary0123456789', 'hunter2', 90_210_777];
    for (const kind of kinds) {
      for (const { path, schema } of schemaPlaces(kind.content)) {
        const isReference = path.some(
          (step) => typeof step === 'string' && /Refs?$/.test(step) && step !== 'secretKeyRef',
        );
        // Names of backends and models are no secrets, and are shown so that the line can be copied.
        if (isReference || path.includes('models') || schema instanceof z.ZodNumber) continue;
        // A number is repeated where a name is expected; of a map that may hold secrets, nothing is.
        const canaries = path.some((step) => typeof step === 'symbol' && step !== item) ? secrets : secrets.slice(0, 3);
        for (const canary of canaries) {
          for (const value of [canary, [canary], { [String(canary)]: canary }]) {
            const { errors } = checkObject(kind, withValueAt(bareObject(kind), path, value) as ApiObject);
            const isName = path.at(-1) === entryName || typeof value === 'object';
            const told = errors.map(({ path: where, message }) => (isName ? message : `${where} ${message}`));
            expect(told.filter((text) => text.includes(String(canary)))).toEqual([]);
          }
        }
      }
    }
  });
});

describe('fieldPath', () => {
  it('brackets what is no identifier', () => {
    expect(fieldPath(['data', 'tls.crt'])).toBe('data[tls.crt]');
    expect(fieldPath(['spec', 'keys', 0, 'weight'])).toBe('spec.keys[0].weight');
  });
});
