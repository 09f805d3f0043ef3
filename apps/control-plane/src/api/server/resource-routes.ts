import type { KindDefinition, KindRegistry } from '#libs/apimachinery';
import type { Subresource } from '../objects/resource-target.js';

/** A resource address: what it may be asked for depends on its shape alone. */
export interface ResourceRoute {
  /** Fastify pattern with `:namespace` and `:name`. */
  readonly pattern: string;
  readonly kind: KindDefinition;
  readonly shape: 'collection' | 'allNamespaces' | 'object';
  readonly subresource?: Subresource;
}

/** The addresses of every kind. */
export function resourceRoutes({ all }: Pick<KindRegistry, 'all'>): ResourceRoute[] {
  return all.flatMap((kind) => {
    const prefix = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
    const collection = kind.namespaced ? `${prefix}/namespaces/:namespace/${kind.plural}` : `${prefix}/${kind.plural}`;
    const object = `${collection}/${kind.namespaced || kind.kind !== 'Namespace' ? ':name' : ':namespace'}`;
    const routes: ResourceRoute[] = [
      { pattern: collection, kind, shape: 'collection' },
      { pattern: object, kind, shape: 'object' },
      { pattern: `${object}/effective`, kind, shape: 'object', subresource: 'effective' },
    ];
    if (kind.hasStatus) routes.push({ pattern: `${object}/status`, kind, shape: 'object', subresource: 'status' });
    if (kind.remembered) routes.push({ pattern: `${object}/reset`, kind, shape: 'object', subresource: 'reset' });
    if (kind.namespaced) routes.push({ pattern: `${prefix}/${kind.plural}`, kind, shape: 'allNamespaces' });
    return routes;
  });
}
