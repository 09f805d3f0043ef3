/**
 * What a request, a rule or a list is about. Three things that Kubernetes writes as one empty string: told apart here, so
 * that a namespace which somebody forgot can never be read as all of them.
 */
export type Scope =
  | { readonly type: 'Namespace'; readonly namespace: string }
  /** Objects of a namespaced kind, wherever they are. */
  | { readonly type: 'AllNamespaces' }
  /** Of a kind that has no namespaces. */
  | { readonly type: 'Cluster' };

export const allNamespaces: Scope = { type: 'AllNamespaces' };
export const cluster: Scope = { type: 'Cluster' };

/** An empty name is a mistake of the caller: whoever means all says so. */
export function namespaceScope(namespace: string): Scope {
  if (namespace === '') throw new Error('the name of a namespace is empty');
  return { type: 'Namespace', namespace };
}

/** Where one object lives: the `namespace` of its key is empty for cluster-scoped kinds and for nothing else. */
export function objectScope(kind: { readonly namespaced: boolean }, namespace: string): Scope {
  return kind.namespaced ? namespaceScope(namespace) : cluster;
}

/** `in the namespace "shop"`, as Kubernetes' refusals have it. */
export function describeScope(scope: Scope): string {
  return scope.type === 'Namespace' ? `in the namespace "${scope.namespace}"` : 'at the cluster scope';
}
