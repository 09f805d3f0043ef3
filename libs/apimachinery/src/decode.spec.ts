import { z } from 'zod';
import { keptForEver, type KindDefinition } from './kind.js';
import { decodeObject, findingsOf } from './decode.js';
import type { FieldValidation } from './decode.js';

const kind: KindDefinition = {
  group: 'signalbox.dev',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  singular: 'widget',
  shortNames: [],
  namespaced: true,
  description: 'A widget.',
  hasStatus: true,
  storage: keptForEver,
  content: z.strictObject({
    spec: z.strictObject({
      type: z.enum(['Round', 'Square']),
      size: z.int().min(1).max(9).optional(),
      parts: z
        .array(z.strictObject({ name: z.string() }))
        .max(2)
        .optional(),
    }),
  }),
  columns: [],
  effective: (object) => object,
  validate: () => [],
};
const widget = (spec: unknown, more: object = {}, metadata: object = { name: 'w' }): unknown => ({
  apiVersion: 'signalbox.dev/v1',
  kind: 'Widget',
  metadata,
  spec,
  ...more,
});
const decode = (value: unknown, validation: FieldValidation = 'Strict') => decodeObject(kind, value, validation);

test('takes a valid object as it is; status is not its business', () => {
  const value = widget({ type: 'Round' }, { status: { anything: 1 } });
  expect(decode(value)).toEqual({ object: value, errors: [], warnings: [] });
});

const unknownFields = widget(
  { type: 'Round', colour: 'red', parts: [{ name: 'a', weight: 1 }] },
  { extra: 1 },
  { name: 'w', label: {} },
);

test('Strict refuses unknown fields, each with its full path', () => {
  expect(() => decode(unknownFields)).toThrow(
    'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "metadata.label", ' +
      'unknown field "spec.parts[0].weight", unknown field "spec.colour", unknown field "extra"',
  );
});

test.each([
  ['metdata', 'unknown field; did you mean "metadata"?'],
  ['apiversion', 'unknown field; did you mean "apiVersion"?'],
  ['status2', 'unknown field; known here: spec'],
])('a misspelt field beside spec is told from those that every object has: %s', (name, message) => {
  const { unknown } = findingsOf(kind, widget({ type: 'Round' }, { [name]: {} }) as never);
  expect(unknown).toEqual([{ path: name, reason: 'Unknown', message }]);
});

test.each<[FieldValidation, number]>([
  ['Warn', 4],
  ['Ignore', 0],
])('%s drops them, with %d warnings', (validation, warnings) => {
  const decoded = decode(unknownFields, validation);
  expect(decoded.object).toEqual(widget({ type: 'Round', parts: [{ name: 'a' }] }));
  expect(decoded.errors).toEqual([]);
  expect(decoded.warnings).toHaveLength(warnings);
});

test.each<[string, unknown, object[]]>([
  ['a missing field', widget({}), [{ path: 'spec.type', reason: 'Required' }]],
  ['no spec', widget(undefined), [{ path: 'spec', reason: 'Required' }]],
  [
    'a value outside the list',
    widget({ type: 'Oval' }),
    [{ path: 'spec.type', reason: 'NotSupported', message: 'must be one of Round, Square, not "Oval"' }],
  ],
  [
    'a wrong type',
    widget({ type: 'Round', size: 'x' }),
    [{ path: 'spec.size', reason: 'TypeInvalid', message: 'must be a number, not text' }],
  ],
  [
    'null',
    widget({ type: 'Round', parts: null }),
    [
      {
        path: 'spec.parts',
        reason: 'TypeInvalid',
        message: 'must be a list, not null: give it a value, or leave it out',
      },
    ],
  ],
  ['a value over the maximum', widget({ type: 'Round', size: 10 }), [{ path: 'spec.size', reason: 'Invalid' }]],
  [
    'too many items',
    widget({ type: 'Round', parts: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }),
    [{ path: 'spec.parts', reason: 'TooMany' }],
  ],
  [
    'a wrong type in a list',
    widget({ type: 'Round', parts: [{ name: 1 }] }),
    [{ path: 'spec.parts[0].name', reason: 'TypeInvalid' }],
  ],
  ['empty metadata', widget({ type: 'Round' }, {}, {}), [{ path: 'metadata.name', reason: 'Required' }]],
  [
    'a name with capitals',
    widget({ type: 'Round' }, {}, { name: 'Big' }),
    [{ path: 'metadata.name', reason: 'Invalid' }],
  ],
  [
    'a name with a line break',
    widget({ type: 'Round' }, {}, { name: 'a\r\nb' }),
    [{ path: 'metadata.name', reason: 'Invalid' }],
  ],
  [
    'a label that is a boolean',
    widget({ type: 'Round' }, {}, { name: 'w', labels: { gold: true } }),
    [{ path: 'metadata.labels.gold', reason: 'TypeInvalid' }],
  ],
  [
    'a label value with blanks',
    widget({ type: 'Round' }, {}, { name: 'w', labels: { gold: 'a b' } }),
    [{ path: 'metadata.labels.gold', reason: 'Invalid' }],
  ],
  [
    'a malformed label key',
    widget({ type: 'Round' }, {}, { name: 'w', labels: { '/x': 'a' } }),
    [{ path: 'metadata.labels[/x]', reason: 'Invalid' }],
  ],
  [
    'huge annotations',
    widget({ type: 'Round' }, {}, { name: 'w', annotations: { a: 'x'.repeat(300_000) } }),
    [{ path: 'metadata.annotations', reason: 'TooLong' }],
  ],
  [
    'a finalizer without a domain',
    widget({ type: 'Round' }, {}, { name: 'w', finalizers: ['x'] }),
    [{ path: 'metadata.finalizers[0]', reason: 'Invalid' }],
  ],
])('%s is an error at its field', (_, value, errors) => {
  expect(decode(value).errors).toEqual(errors.map((error) => expect.objectContaining(error)));
});

test.each([
  ['a list', [], 'the body must be one Widget object'],
  [
    'another kind',
    { apiVersion: 'v1', kind: 'Secret' },
    'expected signalbox.dev/v1 and Widget, as the address has them; got v1 and Secret',
  ],
  ['no kind', {}, 'got nothing and nothing'],
])('%s is a 400', (_, value, message) => {
  expect(() => decode(value)).toThrow(message);
});
