import { jest } from '@jest/globals';
import { z } from 'zod';
import { type ApiObject, decodeObject, type KindDefinition } from '#libs/apimachinery';
import { hostileShapes, steepGrowth } from '#libs/testing';
import { checkObject } from './check.js';
import { kinds } from './registry.js';
import { bareObject } from './testing/objects.js';
import { entry, entryName, type SchemaPlace, schemaPlaces, withValueAt } from './testing/schema-paths.js';

const shapes = Object.entries(hostileShapes);
const holdsText = ({ path, schema }: SchemaPlace): boolean =>
  schema instanceof z.ZodString || schema instanceof z.ZodEnum || path.at(-1) === entryName;
const textPlaces = (kind: KindDefinition): SchemaPlace[] => [...schemaPlaces(kind.content)].filter(holdsText);

/** The API takes no more than this in one request. */
const whole = { from: 12_288, to: 12_288 * 4 ** 4 };

describe('text of 3 MB in any field', () => {
  it.each(kinds.map((kind) => [kind.kind, kind] as const))('of a %s costs linear work', (_, kind) => {
    const places = textPlaces(kind);
    for (const [shape, make] of shapes) {
      const steep = steepGrowth((length) => {
        const text = make(length);
        for (const { path } of places) checkObject(kind, withValueAt(bareObject(kind), path, text) as ApiObject);
      }, whole);
      expect([shape, steep]).toEqual([shape, undefined]);
    }
  });

  const metadataPlaces = [
    ['name'],
    ['generateName'],
    ['namespace'],
    ['labels', entry],
    ['labels', entryName],
    ['annotations', entry],
    ['annotations', entryName],
    [entryName],
  ] as const;

  it('of metadata costs linear work', () => {
    // Namespaces have a rule of their own for names; the others share one.
    for (const kind of kinds.slice(0, 2)) {
      for (const [shape, make] of shapes) {
        const steep = steepGrowth((length) => {
          const text = make(length);
          for (const path of metadataPlaces) {
            decodeObject(kind, withValueAt(bareObject(kind), ['metadata', ...path], text), 'Ignore');
          }
          decodeObject(kind, { ...bareObject(kind), metadata: { name: 'x', finalizers: [text] } }, 'Ignore');
        }, whole);
        expect([kind.kind, shape, steep]).toEqual([kind.kind, shape, undefined]);
      }
    }
  });

  it('meets a pattern only where the field is that long', () => {
    const spy = jest.spyOn(RegExp.prototype, 'test');
    for (const kind of kinds) {
      for (const { path } of textPlaces(kind)) {
        for (const [, make] of shapes) {
          checkObject(kind, withValueAt(bareObject(kind), path, make(8_192)) as ApiObject);
        }
      }
    }
    const seen = spy.mock.calls.flatMap(([text], call) =>
      text.length > 4_096 ? [(spy.mock.contexts[call] as RegExp).source] : [],
    );
    spy.mockRestore();
    // Those that end after a few characters themselves, the value of a Secret, the name of a field in a message, and what
    // the schema library looks for on its own.
    const bounded = [
      '^([0-9]{1,5}(h|m|s|ms)){1,4}$',
      '^[0-9a-f]{64}$',
      '^[A-Za-z0-9+/]*={0,2}$',
      '^[A-Za-z_][A-Za-z0-9_-]*$',
      '^[A-Za-z]{1,40}$',
      '[\\uD800-\\uDBFF]',
      String.raw`^-?\d+(?:\.\d+)?$`,
    ];
    expect([...new Set(seen)].filter((source) => !bounded.includes(source))).toEqual([]);
    expect(seen).toContain('^[A-Za-z0-9+/]*={0,2}$');
  });
});

it('a hundred thousand unknown fields cost linear work', () => {
  const kind = kinds.find(({ kind }) => kind === 'Provider')!;
  const steep = steepGrowth(
    (count) => {
      const unknown = Object.fromEntries(Array.from({ length: count }, (_, index) => [`field${index}`, 1]));
      const { errors } = checkObject(kind, { ...bareObject(kind), spec: unknown });
      expect(errors.length).toBeGreaterThanOrEqual(count);
    },
    { from: 1_562, to: 100_000 },
  );
  expect(steep).toBeUndefined();
});
