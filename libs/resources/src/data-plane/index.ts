import { ageColumn, scalarAt } from '../columns.js';
import type { KindDefinition } from '#libs/apimachinery';
import { dataPlaneContent, dataPlaneStatus } from './schema.js';

export const dataPlane: KindDefinition = {
  group: 'signalbox.dev',
  version: 'v1',
  kind: 'DataPlane',
  plural: 'dataplanes',
  singular: 'dataplane',
  shortNames: ['dp'],
  namespaced: false,
  categories: ['signalbox'],
  readOnly: true,
  // Nobody wants one back: data planes appear again by themselves. One that has been away for so long has gone for good.
  storage: { encrypted: false, audited: true, revisions: false, expiresAfterMs: 60 * 60_000 },
  hasStatus: true,
  description: 'A data plane, and which revision of the configuration it serves.',
  content: dataPlaneContent,
  status: dataPlaneStatus,
  columns: [
    {
      name: 'Connected',
      type: 'boolean',
      description: 'Whether it holds a stream to some control plane.',
      value: (object) => scalarAt(object, 'status', 'connected'),
    },
    {
      name: 'Revision',
      type: 'integer',
      description: 'The last revision it acknowledged.',
      value: (object) => scalarAt(object, 'status', 'revision'),
    },
    {
      name: 'Version',
      type: 'string',
      description: 'Version of the routing table it serves, shortened.',
      value: (object) => {
        const version = scalarAt(object, 'status', 'version');
        return typeof version === 'string' ? version.slice(0, 12) : null;
      },
    },
    {
      name: 'Software',
      type: 'string',
      description: 'Version of the program.',
      priority: 1,
      value: (object) => scalarAt(object, 'status', 'software'),
    },
    ageColumn,
  ],
  effective: (object) => object,
  validate: () => [],
  validateDelete: (object) =>
    scalarAt(object, 'status', 'connected') === true
      ? 'the data plane is connected and would appear again; stop it first'
      : undefined,
};
