import { z } from 'zod';
import { type ApiObject, keptForEver, type KindDefinition } from './kind.js';
import { humanDuration } from './human-duration.js';
import { toTable } from './table.js';

const kind: KindDefinition = {
  group: 'signalbox.dev',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  singular: 'widget',
  shortNames: [],
  namespaced: true,
  description: 'A widget.',
  hasStatus: false,
  storage: keptForEver,
  content: z.strictObject({}),
  columns: [
    {
      name: 'Size',
      type: 'integer',
      description: 'How big.',
      priority: 1,
      value: (object) => (object.spec?.size as number) ?? null,
    },
    {
      name: 'Age',
      type: 'date',
      description: 'How old.',
      value: (object) => object.metadata.creationTimestamp ?? null,
    },
  ],
  effective: (object) => object,
  validate: () => [],
};
const widget: ApiObject = {
  apiVersion: 'signalbox.dev/v1',
  kind: 'Widget',
  metadata: { name: 'w', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { size: 3 },
};
const nowMs = Date.parse('2026-01-01T00:05:30Z');

test('a row has the name, then the kind’s columns; dates become ages', () => {
  const table = toTable(kind, [widget], { resourceVersion: '7' }, 'Metadata', nowMs);
  expect(table.columnDefinitions.map(({ name, priority }) => [name, priority])).toEqual([
    ['Name', 0],
    ['Size', 1],
    ['Age', 0],
  ]);
  expect(table.rows).toEqual([
    {
      cells: ['w', 3, '5m30s'],
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: widget.metadata },
    },
  ]);
  expect(table.metadata).toEqual({ resourceVersion: '7' });
});

test('includeObject decides what a row carries; what is absent is a null cell', () => {
  expect(toTable(kind, [widget], {}, 'None', nowMs).rows[0]).toEqual({ cells: ['w', 3, '5m30s'] });
  expect(toTable(kind, [widget], {}, 'Object', nowMs).rows[0]!.object).toBe(widget);
  const bare = { ...widget, metadata: { name: 'w' }, spec: {} };
  expect(toTable(kind, [bare], {}, 'None', nowMs).rows[0]!.cells).toEqual(['w', null, null]);
});

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
test.each([
  [-5 * second, '<invalid>'],
  [-0.5 * second, '0s'],
  [119 * second, '119s'],
  [2 * minute, '2m'],
  [9 * minute + 5 * second, '9m5s'],
  [10 * minute + 5 * second, '10m'],
  [179 * minute, '179m'],
  [3 * hour, '3h'],
  [3 * hour + 2 * minute, '3h2m'],
  [47 * hour, '47h'],
  [2 * day, '2d'],
  [2 * day + 5 * hour, '2d5h'],
  [8 * day + 5 * hour, '8d'],
  [729 * day, '729d'],
  [730 * day, '2y'],
  [735 * day, '2y5d'],
  [9 * 365 * day, '9y'],
])('%d ms is %s', (milliseconds, text) => {
  expect(humanDuration(milliseconds)).toBe(text);
});
