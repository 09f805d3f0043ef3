import type { KindDefinition } from '#libs/apimachinery';
import type { ObjectKey } from '../../store/object-store.js';

/** What a resource path points at. */
export interface ResourceTarget {
  readonly kind: KindDefinition;
  /** '' for cluster-scoped kinds and for a list over all namespaces. */
  readonly namespace: string;
  /** Absent: the collection. */
  readonly name?: string;
  readonly subresource?: Subresource;
}
export type Subresource = 'status' | 'effective';

export const keyOf = ({ kind, namespace, name = '' }: ResourceTarget): ObjectKey => ({ kind, namespace, name });
