import { childPath } from './field-path.js';
import { isMap } from './json-map.js';

/** One field that differs. An absent side means that the field isn't there. */
export interface FieldChange {
  /** `spec.keys[name=primary].weight`: items of a list-map are named, so that an insertion doesn't change all behind it. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Written by the system on every write: no news to anyone who reads a diff. */
const bookkeeping = ['resourceVersion', 'generation', 'creationTimestamp', 'uid', 'managedFields'];

/**
 * The fields that differ between two states of an object, the system's own metadata left out. Used by dry-run, audit and
 * `signalbox diff` alike. Values are shown as they are: callers mask those of sensitive kinds.
 */
export function diffObjects(before: object | undefined, after: object | undefined): FieldChange[] {
  const changes: FieldChange[] = [];
  compare('', withoutBookkeeping(before), withoutBookkeeping(after), changes);
  return changes;
}

function withoutBookkeeping(object: object | undefined): Record<string, unknown> {
  if (!object) return {};
  const copy: Record<string, unknown> = { ...object };
  if (isMap(copy.metadata)) {
    const told = Object.entries(copy.metadata).filter(([key]) => !bookkeeping.includes(key));
    copy.metadata = told.length > 0 ? Object.fromEntries(told) : undefined;
  }
  return copy;
}

function compare(path: string, before: unknown, after: unknown, changes: FieldChange[]): void {
  if (isMap(before) && isMap(after)) {
    compareMaps(path, before, after, changes);
  } else if (Array.isArray(before) && Array.isArray(after)) {
    compareLists(path, before, after, changes);
  } else if (isMap(before) && after === undefined && Object.keys(before).length > 0) {
    compareMaps(path, before, {}, changes);
  } else if (isMap(after) && before === undefined && Object.keys(after).length > 0) {
    compareMaps(path, {}, after, changes);
  } else if (!Object.is(before, after) && !(isEmpty(before) && isEmpty(after) && sameShape(before, after))) {
    changes.push({ path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) });
  }
}

function compareMaps(
  path: string,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  changes: FieldChange[],
): void {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  for (const key of keys) compare(childPath(path, key), before[key], after[key], changes);
}

function compareLists(path: string, before: unknown[], after: unknown[], changes: FieldChange[]): void {
  const [old, now] = [byName(before), byName(after)];
  if (!old || !now) {
    compareUnnamed(path, before, after, changes);
    return;
  }
  for (const name of new Set([...old.keys(), ...now.keys()])) {
    compare(`${path}[name=${name}]`, old.get(name), now.get(name), changes);
  }
  const [oldOrder, newOrder] = [
    [...old.keys()].filter((name) => now.has(name)),
    [...now.keys()].filter((name) => old.has(name)),
  ];
  if (!equal(oldOrder, newOrder)) changes.push({ path: `${path}[*].name`, before: oldOrder, after: newOrder });
}

/** As many objects as before: most likely the same ones, edited in place, so that each field tells more than two whole lists. */
function compareUnnamed(path: string, before: unknown[], after: unknown[], changes: FieldChange[]): void {
  if (before.length === after.length && before.every(isMap) && after.every(isMap)) {
    for (const [index, item] of before.entries()) compare(`${path}[${index}]`, item, after[index], changes);
  } else if (!equal(before, after)) changes.push({ path, before, after });
}

/** `undefined`: not a list-map keyed by `name`. */
function byName(list: unknown[]): Map<string, Record<string, unknown>> | undefined {
  const items = new Map<string, Record<string, unknown>>();
  for (const item of list) {
    if (!isMap(item) || typeof item.name !== 'string' || items.has(item.name)) return undefined;
    items.set(item.name, item);
  }
  return items;
}

/** Deep equality of JSON values; the order of keys doesn't count. */
export function equal(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => equal(item, right[index]));
  }
  if (!isMap(left) || !isMap(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && equal(left[key], right[key]))
  );
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;
const sameShape = (left: unknown, right: unknown): boolean => Array.isArray(left) === Array.isArray(right);
