import { ageColumn } from '../columns.js';
import { type ApiObject, keptForEver, type KindDefinition } from '#libs/apimachinery';
import { namespaceContent, namespaceStatus } from './schema.js';

/** Where the product keeps secrets of its own. */
export const SYSTEM_NAMESPACE = 'signalbox-system';

export const namespace: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  namespaced: false,
  // Clients send `status: {}` with it, which is then dropped as with every other kind.
  hasStatus: true,
  storage: keptForEver,
  description: 'A tenant: its consumers are served by its own routes, providers and keys alone.',
  content: namespaceContent,
  status: namespaceStatus,
  columns: [
    {
      name: 'Status',
      type: 'string',
      description: 'Terminating once it is being deleted.',
      value: phaseOf,
    },
    ageColumn,
  ],
  effective: (object) => object,
  validate: () => [],
  // Told by its deletionTimestamp, so it is not stored; clients wait for it.
  present: (object) => ({ ...object, status: { ...object.status, phase: phaseOf(object) } }),
};

function phaseOf({ metadata }: ApiObject): 'Active' | 'Terminating' {
  return metadata.deletionTimestamp === undefined ? 'Active' : 'Terminating';
}
