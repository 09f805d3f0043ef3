import type { FieldError } from './kind.js';
import { childPath } from './field-path.js';
import { isMap } from './json-map.js';

/** RFC 3339; the length is bounded before it is read. */
const isTime = (value: unknown): boolean =>
  typeof value === 'string' &&
  value.length <= 40 &&
  /^\d{4}-\d{2}-\d{2}T/.test(value) &&
  !Number.isNaN(Date.parse(value));
const isText = (value: unknown): boolean => typeof value === 'string';
const isWhole = (value: unknown): boolean => Number.isSafeInteger(value);

/** Members of metadata that clients send back as they read them; the server keeps or drops them, but only of their type. */
const types: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  uid: [isText, 'a string'],
  resourceVersion: [isText, 'a string'],
  generation: [isWhole, 'a whole number'],
  creationTimestamp: [isTime, 'an RFC 3339 time such as 2026-01-31T12:00:00Z'],
  deletionTimestamp: [isTime, 'an RFC 3339 time such as 2026-01-31T12:00:00Z'],
  deletionGracePeriodSeconds: [isWhole, 'a whole number'],
  selfLink: [isText, 'a string'],
  managedFields: [(value) => Array.isArray(value) && value.every(isMap), 'a list of objects'],
};

export const serverSet = Object.keys(types);

/** Typed clients send `creationTimestamp: null`. */
export function validateServerSet(metadata: Record<string, unknown>): FieldError[] {
  return Object.entries(types).flatMap(([name, [holds, expected]]): FieldError[] => {
    const value = metadata[name];
    if (value === undefined || holds(value)) return [];
    const message = `must be ${expected}; the server sets it, so leave it out`;
    return [{ path: childPath('metadata', name), reason: 'TypeInvalid', message }];
  });
}

/**
 * Nothing here owns fields yet, and nothing has had a selfLink for years: taken from whoever sends them, and dropped. So is
 * a member that is null, which is as good as absent (`labels:` with nothing behind it, in YAML).
 */
export function withoutDropped(metadata: Record<string, unknown>): Record<string, unknown> {
  const { managedFields: _managedFields, selfLink: _selfLink, ...kept } = metadata;
  return withoutNulls(kept);
}

export function withoutNulls(metadata: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null));
}
