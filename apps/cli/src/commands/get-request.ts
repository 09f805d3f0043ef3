import type { KindDefinition } from '#libs/apimachinery';
import { resourcePath } from '../client/resource-path.js';
import type { DocumentFormat } from '../output/document.js';

export interface GetOptions {
  readonly namespace: string;
  readonly allNamespaces?: true;
  readonly selector?: string;
  readonly output?: DocumentFormat | 'wide';
  readonly effective?: true;
  readonly watch?: true;
}

export function requestFor(kind: KindDefinition, name: string | undefined, options: GetOptions) {
  return {
    path: resourcePath(kind, options.allNamespaces ? '' : options.namespace, name),
    query: { labelSelector: options.selector },
  };
}

export function tableOptions(kind: KindDefinition, options: GetOptions) {
  return {
    wide: options.output === 'wide',
    showNamespace: options.allNamespaces === true && kind.namespaced,
    showHead: true,
  };
}
