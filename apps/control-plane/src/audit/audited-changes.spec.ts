import { type ApiObject, LAST_APPLIED_ANNOTATION } from '#libs/apimachinery';
import { keyOf, objectOf, secrets, widgets } from '../../test/test-kinds.js';
import { auditedChanges, fingerprint } from './audited-changes.js';

const key = Buffer.alloc(32, 7);
const widget: ApiObject = { ...objectOf(keyOf(widgets, 'w'), { size: 1 }) };
const secret: ApiObject = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'default' } };
const annotated = (object: ApiObject, annotations: Record<string, string>): ApiObject => ({
  ...object,
  metadata: { ...object.metadata, annotations },
});

test('what comes is told field by field, without what the row names anyway', () => {
  const created = { ...widget, metadata: { ...widget.metadata, uid: 'u', generation: 1, labels: { a: 'b' } } };
  expect(auditedChanges(widgets, undefined, created, key)).toEqual([
    { path: 'metadata.labels.a', after: 'b' },
    { path: 'spec.size', after: 1 },
  ]);
});

test('what goes too', () => {
  const before = { ...widget, metadata: { ...widget.metadata, uid: 'u', generation: 1 } };
  expect(auditedChanges(widgets, before, undefined, key)).toEqual([{ path: 'spec.size', before: 1 }]);
});

test('kubectl’s copy of the manifest is no change', () => {
  expect(auditedChanges(widgets, widget, annotated(widget, { [LAST_APPLIED_ANNOTATION]: '{}' }), key)).toEqual([]);
  expect(
    auditedChanges(
      widgets,
      annotated(widget, { [LAST_APPLIED_ANNOTATION]: '{}', a: '1' }),
      annotated(widget, { [LAST_APPLIED_ANNOTATION]: '{"a":1}', a: '2' }),
      key,
    ),
  ).toEqual([{ path: 'metadata.annotations.a', before: '1', after: '2' }]);
});

test('of a sensitive kind only names and fingerprints are shown', () => {
  const before = {
    ...annotated(secret, { note: 'canary-note' }),
    type: 'Opaque',
    data: { kept: 'eA==', old: 'canary-old' },
  };
  const after = { ...annotated(secret, {}), type: 'Other', data: { kept: 'eA==', new: 'canary-new' } };
  const changes = auditedChanges(secrets, before, after, key);
  expect(changes).toEqual([
    { path: 'data.new', after: fingerprint('canary-new', key) },
    { path: 'data.old', before: fingerprint('canary-old', key) },
    { path: 'metadata.annotations.note', before: fingerprint('canary-note', key) },
    { path: 'type', before: 'Opaque', after: 'Other' },
  ]);
  expect(JSON.stringify(changes)).not.toContain('canary');
});

test('fingerprints are short, equal for equal values only, and worth nothing without the key', () => {
  expect(fingerprint('a', key)).toMatch(/^hmac:[0-9a-f]{12}$/);
  expect(fingerprint('a', key)).toBe(fingerprint('a', key));
  expect(fingerprint('a', key)).not.toBe(fingerprint('b', key));
  expect(fingerprint('a', key)).not.toBe(fingerprint('a', Buffer.alloc(32, 8)));
});
