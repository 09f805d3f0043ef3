import { apiVersionOf } from '#libs/apimachinery';
import { z } from 'zod';
import { checkObject } from './check.js';
import { kindOf, kindOfPlural, kinds } from './registry.js';
import { minimalSpecs, objectOf } from './testing/objects.js';

/** What YAML 1.1, which kubectl reads, makes of a plain word: https://yaml.org/type/bool.html */
const yaml11Boolean = /^(y|n|yes|no|true|false|on|off)$/i;

/** Every schema within a schema, with the path to it. */
function* walk(schema: z.ZodType, path: string): Generator<{ path: string; schema: z.ZodType }> {
  yield { path, schema };
  if (schema instanceof z.ZodOptional) yield* walk(schema.unwrap() as z.ZodType, path);
  else if (schema instanceof z.ZodArray) yield* walk(schema.element as z.ZodType, `${path}[]`);
  else if (schema instanceof z.ZodRecord) yield* walk(schema.valueType as z.ZodType, `${path}{}`);
  else if (schema instanceof z.ZodObject) {
    for (const [name, member] of Object.entries(schema.shape)) yield* walk(member as z.ZodType, `${path}.${name}`);
  }
}
const all = kinds.flatMap((kind) =>
  [kind.content, kind.status ?? z.strictObject({})].flatMap((schema) => [...walk(schema, kind.kind)]),
);
const ownObjects = kinds.filter(({ kind }) => kind in minimalSpecs);

describe('the kind registry', () => {
  it('finds a kind by what an object says and by what a path says', () => {
    for (const kind of kinds) {
      expect(kindOf(apiVersionOf(kind), kind.kind)).toBe(kind);
      expect(kindOfPlural(kind.group, kind.version, kind.plural)).toBe(kind);
    }
    expect(kindOf('v1', 'Provider')).toBeUndefined();
    expect(kindOfPlural('', 'v1', 'providers')).toBeUndefined();
    expect(kindOfPlural('signalbox.dev', 'v2', 'providers')).toBeUndefined();
  });

  it('gives no name to two kinds', () => {
    const names = kinds.flatMap(({ plural, singular, shortNames }) => [plural, singular, ...shortNames]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has no key or enum value that YAML 1.1 reads as true or false', () => {
    // True and False of a condition are Kubernetes' own; nobody writes them into a manifest.
    const written = all.filter(({ path }) => !path.endsWith('.conditions[].status'));
    const words = written.flatMap(({ path, schema }) => {
      const values = schema instanceof z.ZodEnum ? schema.options.map(String) : [];
      const keys = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
      return [...values, ...keys].map((word) => ({ path, word }));
    });
    expect(words.length).toBeGreaterThan(100);
    expect(words.filter(({ word }) => yaml11Boolean.test(word))).toEqual([]);
  });

  it('writes enum values in CamelCase and keys in camelCase', () => {
    for (const { path, schema } of all) {
      if (schema instanceof z.ZodEnum) {
        for (const value of schema.options) expect(`${path} ${value}`).toMatch(/ [A-Z][A-Za-z0-9]*$/);
      }
      if (schema instanceof z.ZodObject) {
        for (const key of Object.keys(schema.shape)) expect(`${path} ${key}`).toMatch(/ [a-z][A-Za-z0-9]*$/);
      }
    }
  });

  it('describes every field, and bounds every list', () => {
    for (const { path, schema } of all) {
      if (!(schema instanceof z.ZodObject)) continue;
      for (const [name, member] of Object.entries(schema.shape)) {
        if (name === 'spec' && path.split('.').length === 1) continue;
        const inner = member instanceof z.ZodOptional ? (member.unwrap() as z.ZodType) : (member as z.ZodType);
        expect(`${path}.${name}: ${inner.meta()?.description ?? ''}`).toMatch(/: .+\.$/s);
        if (inner instanceof z.ZodArray)
          expect(`${path}.${name} ${String(inner.meta()?.['x-kubernetes-list-type'])}`).toMatch(/ (map|set|atomic)$/);
      }
    }
  });

  it('uses nothing in its JSON Schema that explain and apply cannot walk', () => {
    for (const kind of kinds) {
      const text = JSON.stringify(z.toJSONSchema(kind.content));
      for (const word of ['"oneOf"', '"anyOf"', '"allOf"', '"$ref"']) expect(text).not.toContain(word);
    }
  });

  it.each(ownObjects.map(({ kind }) => kind))(
    '%s: effective changes nothing that is stored, and nothing twice',
    (name) => {
      const kind = kinds.find((other) => other.kind === name)!;
      const object = objectOf(name);
      const before = JSON.stringify(object);
      const { effective, errors } = checkObject(kind, object);
      expect(errors).toEqual([]);
      expect(JSON.stringify(object)).toBe(before);
      expect(effective).toMatchObject(object);
      expect(kind.effective(effective!)).toEqual(effective);
      expect(checkObject(kind, effective!).errors).toEqual([]);
      expect(kind.content.safeParse({ spec: object.spec })).toEqual({ success: true, data: { spec: object.spec } });
    },
  );

  it('prints columns for an object that lacks everything', () => {
    for (const kind of kinds) {
      const bare = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name: 'bare' } };
      for (const column of kind.columns) {
        expect(['string', 'number', 'boolean', 'object']).toContain(typeof column.value(bare));
        expect(column.value(bare)).not.toBeUndefined();
      }
    }
  });

  it('prints what is there', () => {
    const row = (kind: string, more: Record<string, unknown> = {}) => {
      const object = { ...objectOf(kind), ...more };
      return Object.fromEntries(kinds.find((k) => k.kind === kind)!.columns.map((c) => [c.name, c.value(object)]));
    };
    const conditions = [{ type: 'Ready', status: 'False', reason: 'Pending' }];
    expect(row('Provider', { status: { conditions } })).toMatchObject({
      Type: 'OpenAI',
      Models: 1,
      Ready: 'False',
      Reason: 'Pending',
    });
    expect(row('KeyPool')).toMatchObject({ Provider: 'openai', Keys: 1, Ready: null });
    expect(row('RoutePolicy')).toMatchObject({ Models: 'chat', Rules: 1 });
    expect(row('RoutePolicy', { spec: { models: ['a', 'b', 'c', 'd'] } })).toMatchObject({ Models: 'a,b,c +1' });
    expect(row('Consumer')).toMatchObject({ Keys: 1, Enabled: true });
    expect(row('Secret', { data: { a: 'eA==' } })).toMatchObject({ Type: 'Opaque', Data: 1 });
    expect(row('Namespace')).toMatchObject({ Status: 'Active' });
    expect(row('Namespace', { metadata: { name: 'x', deletionTimestamp: '2026-01-01T00:00:00Z' } })).toMatchObject({
      Status: 'Terminating',
    });
    expect(row('DataPlane', { status: { connected: true, revision: 7, version: 'abcdef0123456789' } })).toMatchObject({
      Connected: true,
      Revision: 7,
      Version: 'abcdef012345',
    });
  });
});
