import { type KindDefinition, type Scope } from '#libs/apimachinery';
import type { ObjectKey } from '../../store/object-store.js';

/** What a resource path points at. */
export interface ResourceTarget {
  readonly kind: KindDefinition;
  readonly scope: Scope;
  /** Absent: the collection. */
  readonly name?: string;
  readonly subresource?: Subresource;
}
export type Subresource = 'status' | 'effective' | 'reset';

/** The key of one object at the target. Throws for what is no single object: a mistake of the caller, never a request's. */
export function keyOf({ kind, scope, name: pinned }: ResourceTarget, name = pinned): ObjectKey {
  if (!name) throw new Error('the key of an object needs its name');
  if (scope.type === 'AllNamespaces')
    throw new Error(`${kind.plural} "${name}": the key of an object needs its namespace`);
  return { kind, namespace: scope.type === 'Namespace' ? scope.namespace : '', name };
}
