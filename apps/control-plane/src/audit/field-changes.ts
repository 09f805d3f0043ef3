import { isDeepStrictEqual } from 'node:util';
import type { ApiObject } from '#libs/resources';

/** A changed field. `before` is absent where it was added, `after` where it was removed. */
export interface FieldChange {
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** What every write changes by itself, and the annotation in which kubectl repeats the whole manifest. */
const bookkeeping = new Set(['managedFields', 'resourceVersion', 'generation', 'uid', 'creationTimestamp', 'selfLink']);
export const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The fields in which two states of an object differ, in document order. Objects are compared member by member; lists
 * of objects with unique names by name (`spec.keys[name=primary].weight`), other lists as a whole: an element put in
 * front would otherwise look like a change of every element behind it.
 */
export function fieldChanges(before: ApiObject | undefined, after: ApiObject | undefined): FieldChange[] {
  const changes: FieldChange[] = [];
  compareMembers(audited(before), audited(after), '', changes);
  return changes;
}

type Members = Readonly<Record<string, unknown>>;

function audited(object: ApiObject | undefined): Members {
  if (!object) return {};
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...content } = object;
  const { annotations, ...meta } = Object.fromEntries(
    Object.entries(metadata).filter(([name]) => !bookkeeping.has(name)),
  ) as ApiObject['metadata'];
  const { [LAST_APPLIED_ANNOTATION]: _lastApplied, ...kept } = annotations ?? {};
  // Members of metadata are compared one by one even on create and delete, so that name and namespace, which the row
  // names anyway, don't drag along as one big value.
  const { name: _name, namespace: _namespace, ...rest } = meta;
  return { metadata: { ...rest, ...(Object.keys(kept).length > 0 && { annotations: kept }) }, ...content };
}

function compareMembers(before: Members, after: Members, prefix: string, changes: FieldChange[]): void {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const path =
      prefix === '' ? name : `${prefix}${/^[A-Za-z_][\w-]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`}`;
    compareValues(own(before, name), own(after, name), path, changes);
  }
}

function compareValues(before: unknown, after: unknown, path: string, changes: FieldChange[]): void {
  if (isDeepStrictEqual(before, after)) return;
  if (isMembers(before) && isMembers(after)) return compareMembers(before, after, path, changes);
  if (path === 'metadata') return compareMembers(asMembers(before), asMembers(after), path, changes);
  const [beforeNamed, afterNamed] = [byName(before), byName(after)];
  if (beforeNamed && afterNamed) return compareNamed(beforeNamed, afterNamed, path, changes);
  changes.push({ path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) });
}

function compareNamed(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
  path: string,
  changes: FieldChange[],
): void {
  const reported = changes.length;
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    compareValues(before.get(name), after.get(name), `${path}[name=${name}]`, changes);
  }
  // Same elements in another order.
  if (changes.length === reported) changes.push({ path, before: [...before.values()], after: [...after.values()] });
}

/** undefined: not a list of objects with names of their own. */
function byName(list: unknown): ReadonlyMap<string, unknown> | undefined {
  if (!Array.isArray(list)) return undefined;
  const named = new Map<string, unknown>();
  for (const item of list as unknown[]) {
    if (!isMembers(item) || typeof item['name'] !== 'string' || named.has(item['name'])) return undefined;
    named.set(item['name'], item);
  }
  return named;
}

const own = (members: Members, name: string): unknown => (Object.hasOwn(members, name) ? members[name] : undefined);
const asMembers = (value: unknown): Members => (isMembers(value) ? value : {});
function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
