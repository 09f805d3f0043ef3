import { badRequest, cluster, allNamespaces, isDNSLabel, namespaceScope, type Scope } from '#libs/apimachinery';
import type { ResourceTarget } from '../objects/resource-target.js';
import type { ResourceRoute } from './resource-routes.js';

/**
 * A path is taken as it is written or not at all: what a proxy, a router and an authorizer may read in different ways (an
 * empty segment, a dot segment, an escape, a fragment) is refused, for every method and before anything else is looked at. No name in
 * this API needs an escape. An empty segment is mostly a variable that isn't set. Throws a 400 that names the segment.
 */
export function checkPath(path: string, { trailingSlash }: { trailingSlash: boolean }): void {
  const [, ...segments] = path.split('/');
  if (trailingSlash && segments.at(-1) === '') segments.pop();
  for (const [index, segment] of segments.entries()) {
    const problem = problemOf(segment);
    if (problem === undefined || (segments.length === 1 && segment === '')) continue;
    const before = segments[index - 1];
    const place = before === undefined ? 'at its start' : `after "${shown(before)}"`;
    throw badRequest(`the path has ${problem} ${place}: ${remedyOf(segment, before)}`);
  }
}

function problemOf(segment: string): string | undefined {
  if (segment === '') return 'an empty segment';
  if (segment === '.' || segment === '..') return `the segment "${segment}"`;
  // Clients keep what follows it to themselves; the router leaves it out, and others don't.
  if (segment.includes('#')) return `a "#" in the segment "${shown(segment)}"`;
  return segment.includes('%') ? `the escaped segment "${shown(segment)}"` : undefined;
}

function remedyOf(segment: string, before: string | undefined): string {
  if (segment !== '') return 'write names as they are; none of them needs an escape or a dot segment';
  if (before === 'namespaces') {
    return 'give the name of a namespace; for all namespaces leave "namespaces/" out, where the method allows that';
  }
  return 'leave the slash out, or give the name that belongs there';
}

const shown = (segment: string): string => (segment.length > 80 ? `${segment.slice(0, 80)}...` : segment);

/** Where a path becomes a scope: here, and nowhere else. Throws a 400 for what can't be the name of a namespace. */
export function targetOf(
  route: ResourceRoute,
  parameters: { readonly namespace?: string; readonly name?: string },
): ResourceTarget {
  const { kind, shape, subresource } = route;
  // A Namespace's own name stands where other objects have theirs in.
  const name = kind.plural === 'namespaces' ? parameters.namespace : parameters.name;
  if (shape === 'object' && !name) throw badRequest('the path has no name of an object');
  return {
    kind,
    scope: scopeOf(route, parameters.namespace),
    ...(shape === 'object' && { name }),
    ...(subresource && { subresource }),
  };
}

function scopeOf({ kind, shape }: ResourceRoute, namespace = ''): Scope {
  if (!kind.namespaced) return cluster;
  if (shape === 'allNamespaces') return allNamespaces;
  if (!isDNSLabel(namespace)) {
    throw badRequest(
      `the path has no name of a namespace after "namespaces" but "${shown(namespace)}": it is a lower-case DNS label, such as default`,
    );
  }
  return namespaceScope(namespace);
}
