import fc from 'fast-check';
import type { ApiObject } from '#libs/apimachinery';
import { createStoreFixture, range, type StoreFixture } from '../../test/store-fixture.js';
import {
  alice,
  create,
  gadgets,
  keyOf,
  objectOf,
  put,
  remove,
  secrets,
  setStatus,
  widgets,
  zones,
} from '../../test/test-kinds.js';
import { encodeContinue } from './continue-token.js';
import { LogCompactor } from './log-compactor.js';
import type { ListOptions, ListResult, ObjectWrite } from './object-store.js';

let fixture: StoreFixture;
beforeEach(async () => {
  fixture = await createStoreFixture();
});
afterEach(() => fixture.close());

const commit = (...writes: ObjectWrite[]) => fixture.store.commit(writes, alice);
const names = ({ items }: { items: readonly ApiObject[] }): string[] => items.map(({ metadata }) => metadata.name);

/** All pages; `between` runs before each further one. */
async function pages(options: ListOptions, between: () => Promise<unknown> = async () => {}): Promise<ListResult[]> {
  const all = [await fixture.store.list(widgets, options)];
  for (let token = all[0]?.continue; token !== undefined; token = all.at(-1)?.continue) {
    await between();
    all.push(await fixture.store.list(widgets, { ...options, continue: token }));
  }
  return all;
}

/** A token for the whole list as the first page of it showed the objects, whatever was written since. */
const startOf = ({ revision }: ListResult): string => encodeContinue({ revision, namespace: '', name: '' });

test('lists one kind in byte order of namespace and name, with the revision of the snapshot', async () => {
  await commit(
    ...['b', 'B', 'a-1', 'a.1'].map((name) => create(keyOf(widgets, name, 'beta'))),
    create(keyOf(widgets, 'z', 'alpha')),
    create(keyOf(gadgets, 'other')),
    create(keyOf(zones, 'cluster')),
  );
  const everything = await fixture.store.list(widgets, {});
  expect(names(everything)).toEqual(['z', 'B', 'a-1', 'a.1', 'b']);
  expect(everything.revision).toBe((await fixture.store.snapshot([])).revision);
  expect(everything).not.toHaveProperty('continue');
  expect(names(await fixture.store.list(widgets, { namespace: 'alpha' }))).toEqual(['z']);
  expect(names(await fixture.store.list(zones, {}))).toEqual(['cluster']);
  expect(names(await fixture.store.list(secrets, {}))).toEqual([]);
});

test('a snapshot has all objects of its kinds', async () => {
  const { revision } = await commit(
    create(keyOf(widgets, 'w')),
    create(keyOf(gadgets, 'g')),
    create(keyOf(zones, 'z')),
  );
  const snapshot = await fixture.store.snapshot([zones, widgets]);
  expect(snapshot.revision).toBe(revision);
  expect(names({ items: snapshot.objects })).toEqual(['z', 'w']);
});

test('pages tell how much remains', async () => {
  await commit(...range(1, 5).map((number) => create(keyOf(widgets, `w${number}`))));
  expect((await pages({ limit: 2 })).map((page) => [names(page), page.remaining])).toEqual([
    [['w1', 'w2'], 3],
    [['w3', 'w4'], 1],
    [['w5'], undefined],
  ]);
});

test('pages are of those that match, however few of many do', async () => {
  await commit(...range(1, 1_200).map((number) => create(keyOf(widgets, `w${String(number).padStart(4, '0')}`))));
  const matches = ({ metadata }: ApiObject) => /(0001|0700|1199|1200)$/.test(metadata.name);
  const read = await pages({ limit: 2, matches });
  expect(read.map((page) => [names(page), page.remaining])).toEqual([
    [['w0001', 'w0700'], undefined],
    [['w1199', 'w1200'], undefined],
  ]);
  expect(names(await fixture.store.list(widgets, { matches }))).toHaveLength(4);
});

test('all pages show the state of the first, whatever is written meanwhile', async () => {
  const key = (number: number) => keyOf(widgets, `w${number}`, number % 2 ? 'odd' : 'even');
  const operation = fc.record({
    name: fc.integer({ min: 0, max: 9 }),
    kind: fc.constantFrom('put' as const, 'remove' as const),
    value: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { maxLength: 12 }),
      fc.array(fc.array(operation, { maxLength: 6 }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 4 }),
      fc.option(fc.constantFrom('odd', 'even'), { nil: undefined }),
      async (before, during, limit, namespace) => {
        const run = async (operations: typeof before): Promise<void> => {
          for (const { name, kind, value } of operations) {
            const exists = (await fixture.store.get(key(name))) !== undefined;
            if (kind === 'put') await commit(put(key(name), { value }));
            else if (exists) await commit(remove(key(name)));
          }
        };
        await run(before);
        const expected = await fixture.store.list(widgets, { namespace });
        const batches = [...during];
        const read = await pages({ namespace, limit }, () => run(batches.shift() ?? []));
        expect(read.flatMap(({ items }) => items)).toEqual(expected.items);
        const { items: texts } = await fixture.store.listText(widgets, { namespace, continue: startOf(read[0]!) });
        expect(texts.map((text) => JSON.parse(text) as unknown)).toEqual(expected.items);
        expect(new Set(read.map(({ revision }) => revision))).toEqual(new Set([expected.revision]));
      },
    ),
    { numRuns: 12 },
  );
});

test('texts are the objects that a list shows, written and read without parsing them', async () => {
  await commit(
    ...range(1, 5).map((number) =>
      create(keyOf(widgets, `w${number}`), { number, text: '"metadata":{ \\" 💚 \u2028', metadata: { nested: {} } }),
    ),
  );
  await commit(setStatus(keyOf(widgets, 'w2'), { ready: true }));
  const { items, revision } = await fixture.store.list(widgets, {});
  const texts = await fixture.store.listText(widgets, {});
  expect(texts.revision).toBe(revision);
  expect(texts.items.map((text) => JSON.parse(text) as unknown)).toEqual(items);
  for (const text of texts.items) {
    expect(text).toMatch(/^\{"apiVersion":"signalbox.dev\/v1","kind":"Widget","metadata":\{"resourceVersion":"\d+",/);
  }
});

test('a text whose members stand in another order is read all the same', async () => {
  await commit(create(keyOf(widgets, 'old'), { size: 1 }));
  await fixture.dataSource.query(
    `UPDATE object SET object = json_build_object('spec', object->'spec', 'kind', object->'kind',
       'apiVersion', object->'apiVersion', 'metadata', object->'metadata')`,
  );
  const { items } = await fixture.store.list(widgets, {});
  const texts = await fixture.store.listText(widgets, {});
  expect(items[0]?.metadata.resourceVersion).toMatch(/^\d+$/);
  expect(texts.items.map((text) => JSON.parse(text) as unknown)).toEqual(items);
});

test('there are no texts of an encrypted kind', () => {
  expect(() => fixture.store.listText(secrets, {})).toThrow('for nobody to see');
});

test('an encrypted kind is paged through the log too', async () => {
  const key = (name: string) => keyOf(secrets, name);
  const secret = (name: string, value: string): ObjectWrite => ({
    key: key(name),
    verb: 'update',
    mutate: () => ({ ...objectOf(key(name)), data: { value } }),
  });
  await commit(secret('a', 'YQ=='), secret('b', 'Yg=='));
  const first = await fixture.store.list(secrets, { limit: 1 });
  await commit(secret('b', 'bmV3'));
  const second = await fixture.store.list(secrets, { limit: 1, continue: first.continue });
  expect(second.items.map((item) => item['data'])).toEqual([{ value: 'Yg==' }]);
});

describe('a token', () => {
  test('older than the log is a 410', async () => {
    await commit(...range(1, 3).map((number) => create(keyOf(widgets, `w${number}`))));
    const { continue: token } = await fixture.store.list(widgets, { limit: 1 });
    for (const number of range(1, 5)) await commit(put(keyOf(widgets, 'w3'), { number }));
    await new LogCompactor(fixture.dataSource, { keepMs: 0, keepRows: 1 }).compact();
    await expect(fixture.store.list(widgets, { limit: 1, continue: token })).rejects.toMatchObject({
      code: 410,
      reason: 'Expired',
    });
  });

  test.each([
    '',
    '%',
    'bm90IGpzb24',
    Buffer.from('[2,1,"a","b"]').toString('base64url'),
    Buffer.from('[1,1.5,"",""]').toString('base64url'),
  ])('that is not ours (%j) is a 400', async (token) => {
    const list = fixture.store.list(widgets, { limit: 1, continue: token || 'x' });
    await expect(list).rejects.toMatchObject({ code: 400, message: expect.stringContaining('continue') });
  });
});
