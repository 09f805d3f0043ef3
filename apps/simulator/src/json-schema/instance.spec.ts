import { z } from 'zod';
import { seeded } from '../seeded.js';
import { instanceOf } from './instance.js';

const words = ['Paris', 'Rome', 'signal box'];
const draw = (seed: number) => ({ random: seeded(seed), words });

const schemas: readonly (readonly [name: string, schema: Record<string, unknown>])[] = [
  ['a text', { type: 'string', minLength: 3, maxLength: 12 }],
  ['a long text', { type: 'string', minLength: 200 }],
  ['a short text', { type: 'string', maxLength: 1 }],
  ['an enum', { enum: ['a', 7, null] }],
  ['a constant', { const: 'fixed' }],
  ['a boolean or null', { type: ['boolean', 'null'] }],
  ['a whole number', { type: 'integer', minimum: -3, maximum: 3 }],
  ['between exclusive bounds', { type: 'integer', exclusiveMinimum: 4, exclusiveMaximum: 6 }],
  ['only a maximum', { type: 'number', maximum: -1_000 }],
  ['only a minimum', { type: 'integer', minimum: 1_000_000 }],
  ['a narrow number', { type: 'number', minimum: 0.001, maximum: 0.002 }],
  ['a share', { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }],
  ['a multiple', { type: 'integer', multipleOf: 7, minimum: 10, maximum: 40 }],
  ['a list', { type: 'array', items: { type: 'integer', minimum: 0 }, minItems: 2, maxItems: 4 }],
  ['a list of few', { type: 'array', items: { enum: ['x', 'y'] }, uniqueItems: true, minItems: 2 }],
  ['an empty list', { type: 'array', items: { type: 'string' }, maxItems: 0 }],
  ['a tuple', { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], items: false }],
  [
    'nested objects',
    {
      type: 'object',
      properties: {
        place: {
          type: 'object',
          properties: { city: { type: 'string' }, country: { enum: ['IT', 'FR'] } },
          required: ['city', 'country'],
          additionalProperties: false,
        },
        days: { type: 'array', items: { type: 'object', properties: { high: { type: 'number' } } }, minItems: 1 },
        note: { type: 'string' },
      },
      required: ['place', 'days'],
      additionalProperties: false,
    },
  ],
  ['a map', { type: 'object', additionalProperties: { type: 'integer' } }],
  ['required without a description', { type: 'object', required: ['a'], additionalProperties: { type: 'integer' } }],
  ['a reference', { $ref: '#/$defs/a~1b', $defs: { 'a/b': { type: 'integer', minimum: 1 } } }],
  [
    'a tree',
    {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: {
            value: { type: 'integer' },
            next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
            children: { type: 'array', items: { $ref: '#/$defs/node' } },
          },
          required: ['value', 'next', 'children'],
          additionalProperties: false,
        },
      },
    },
  ],
  ['one of two', { oneOf: [{ type: 'string' }, { type: 'object', properties: { a: { type: 'integer' } } }] }],
  [
    'all of two',
    {
      allOf: [
        { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] },
        { type: 'object', properties: { b: { type: 'string' } }, required: ['b'] },
      ],
    },
  ],
  ...['date-time', 'date', 'time', 'duration', 'email', 'ipv4', 'ipv6', 'uri', 'uuid'].map(
    (format) => [`a ${format}`, { type: 'string', format }] as const,
  ),
];

it.each(schemas)('%s is valid, whatever the seed', (_name, schema) => {
  const validator = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  for (let seed = 0; seed < 200; seed += 1) {
    const instance = instanceOf(schema, draw(seed));
    const { success, error } = validator.safeParse(instance);
    expect({ seed, instance, success, error: error?.message }).toMatchObject({ success: true });
  }
});

it('makes a hostname that is a name under example.com', () => {
  expect(instanceOf({ type: 'string', format: 'hostname' }, draw(1))).toMatch(/^[a-z0-9]+\.example\.com$/);
});

it.each(schemas)('%s: the same seed gives the same value', (_name, schema) => {
  expect(instanceOf(schema, draw(7))).toEqual(instanceOf(schema, draw(7)));
});

it('all of a list that is unique', () => {
  const schema = { type: 'array', items: { enum: ['x', 'y', 'z'] }, uniqueItems: true, minItems: 3 };
  for (let seed = 0; seed < 100; seed += 1) {
    expect([...(instanceOf(schema, draw(seed)) as string[])].sort()).toEqual(['x', 'y', 'z']);
  }
});

it('ends where a branch ends, even if the first is always drawn', () => {
  const list = {
    $ref: '#/$defs/item',
    $defs: {
      item: {
        type: 'object',
        properties: { next: { anyOf: [{ $ref: '#/$defs/item' }, { const: 'end' }] } },
        required: ['next'],
      },
    },
  };
  expect(JSON.stringify(instanceOf(list, { random: () => 0, words }))).toMatch(/^(\{"next":){2,8}"end"\}+$/);
});

describe('bounds', () => {
  const ring = { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } };
  const endless = {
    $ref: '#/$defs/a',
    $defs: { a: { type: 'object', properties: { a: { $ref: '#/$defs/a' } }, required: ['a'] } },
  };
  const wide = { type: 'array', minItems: 1e9, items: { type: 'array', minItems: 1e9, items: { type: 'string' } } };
  const long = { type: 'string', minLength: 1e9 };
  it.each([
    ['references in a ring', ring],
    ['an object without end', endless],
    ['a billion items', wide],
    ['a billion letters', long],
    ['a reference to nothing', { $ref: '#/nowhere' }],
    ['a reference elsewhere', { $ref: 'https://example.com/schema' }],
    ['no schema', undefined],
    ['no value at all', false],
  ])('%s', (_name, schema) => {
    expect((JSON.stringify(instanceOf(schema, draw(1))) ?? '').length).toBeLessThan(64_000);
  });

  it('an object without end is cut at some depth', () => {
    expect(JSON.stringify(instanceOf(endless, draw(1))).length).toBeLessThan(300);
  });
});
