import type { ApiObject, KindDefinition, Scope } from '#libs/apimachinery';
import type { Change, ChangeType } from '../../store/object-store.js';
import type { Selection } from '../objects/selection.js';

/** What one watch is about. */
export interface WatchFilter {
  readonly kind: KindDefinition;
  readonly scope: Scope;
  readonly selection: Selection;
}

export interface WatchEvent {
  readonly type: ChangeType;
  readonly object: ApiObject;
}

/**
 * A change as a watcher sees it; undefined: it is none of its business. An object that begins to match is ADDED, one that ceases
 * to match is DELETED: the watcher's picture is of the objects that match.
 */
export function watchEventOf(change: Change, { kind, scope, selection }: WatchFilter): WatchEvent | undefined {
  if (change.kind !== kind || (scope.type === 'Namespace' && change.namespace !== scope.namespace)) return undefined;
  const { object, previous } = change;
  const matched = change.type !== 'ADDED' && selection.matches(previous ?? object);
  const matches = change.type !== 'DELETED' && selection.matches(object);
  if (matches) return { type: matched ? 'MODIFIED' : 'ADDED', object };
  if (!matched) return undefined;
  if (change.type === 'DELETED') return { type: 'DELETED', object };
  // Its last state that matched, at the revision at which it ceased to.
  const last = previous ?? object;
  const { resourceVersion } = object.metadata;
  return { type: 'DELETED', object: { ...last, metadata: { ...last.metadata, resourceVersion } } };
}
