import { allNamespaces, type ApiObject, namespaceScope } from '#libs/apimachinery';
import { kindOf } from '#libs/resources';
import type { Change } from '../../store/object-store.js';
import { selectionOf } from '../objects/selection.js';
import { EventFrames } from './event-frames.js';
import { watchEventOf } from './watch-filter.js';

const kind = kindOf('v1', 'Secret')!;
const object = (revision: number, labels: Record<string, string>): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'a', namespace: 'default', resourceVersion: String(revision), labels },
  data: { key: 'aHVudGVyMg==' },
});
const change = (type: Change['type'], before: string | undefined, after: string): Change => ({
  revision: 2,
  lastRevision: 2,
  type,
  kind,
  namespace: 'default',
  name: 'a',
  object: object(2, { tier: after }),
  ...(before !== undefined && { previous: object(1, { tier: before }) }),
  at: 0,
});
const gold = { kind, scope: allNamespaces, selection: selectionOf(new URLSearchParams('labelSelector=tier=gold')) };

test.each<[string, Change, string | undefined]>([
  ['created inside', change('ADDED', undefined, 'gold'), 'ADDED'],
  ['created outside', change('ADDED', undefined, 'tin'), undefined],
  ['changed inside', change('MODIFIED', 'gold', 'gold'), 'MODIFIED'],
  ['entering', change('MODIFIED', 'tin', 'gold'), 'ADDED'],
  ['leaving', change('MODIFIED', 'gold', 'tin'), 'DELETED'],
  ['changed outside', change('MODIFIED', 'tin', 'zinc'), undefined],
  ['deleted inside', change('DELETED', 'gold', 'gold'), 'DELETED'],
  ['deleted outside', change('DELETED', 'tin', 'tin'), undefined],
])('%s: %#', (_, given, type) => {
  expect(watchEventOf(given, gold)?.type).toBe(type);
});

test('what leaves is shown as it last matched, at the revision at which it left', () => {
  const event = watchEventOf(change('MODIFIED', 'gold', 'tin'), gold);
  expect(event?.object.metadata).toMatchObject({ labels: { tier: 'gold' }, resourceVersion: '2' });
});

test('other kinds and namespaces are no business of a watch', () => {
  const given = change('ADDED', undefined, 'gold');
  expect(watchEventOf(given, { ...gold, kind: kindOf('v1', 'Namespace')! })).toBeUndefined();
  expect(watchEventOf(given, { ...gold, scope: namespaceScope('other') })).toBeUndefined();
  expect(watchEventOf(given, { ...gold, scope: namespaceScope('default') })).toBeDefined();
});

test('a change is serialised once a form and type, with its secrets masked', () => {
  const frames = new EventFrames(() => 0);
  const given = change('ADDED', undefined, 'gold');
  const event = watchEventOf(given, gold)!;
  const plain = { table: false, includeObject: 'Metadata' } as const;
  const bytes = frames.ofChange(given, event, plain);
  expect(frames.ofChange(given, event, plain)).toBe(bytes);
  expect(frames.ofChange(given, event, { ...plain, table: true })).not.toBe(bytes);
  expect(frames.ofChange(given, { ...event, type: 'DELETED' }, plain)).not.toBe(bytes);
  expect(bytes.toString()).not.toContain('aHVudGVyMg');
  expect(bytes.toString().endsWith('\n')).toBe(true);
});
