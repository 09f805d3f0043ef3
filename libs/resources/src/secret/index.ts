import { ageColumn, scalarAt } from '../columns.js';
import { isMap, type KindDefinition } from '#libs/apimachinery';
import { effectiveSecret, prepareSecret } from './effective.js';
import { secretContent } from './schema.js';
import { secretWarnings, validateSecret, validateSecretUpdate } from './validate.js';

export const secret: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  shortNames: [],
  namespaced: true,
  sensitive: true,
  storage: { encrypted: true, audited: true, revisions: false },
  hasStatus: false,
  description: 'Values that are shown to nobody; key pools take API keys from them.',
  content: secretContent,
  columns: [
    {
      name: 'Type',
      type: 'string',
      description: 'For people and clients.',
      value: (object) => scalarAt(object, 'type') ?? 'Opaque',
    },
    {
      name: 'Data',
      type: 'integer',
      description: 'How many entries it has.',
      value: (object) => Object.keys((object['data'] as object | undefined) ?? {}).length,
    },
    ageColumn,
  ],
  effective: effectiveSecret,
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  warnings: secretWarnings,
  prepare: prepareSecret,
  // Without data it may be one that didn't decrypt.
  parts: ({ data }) => (isMap(data) ? { word: 'entry', names: Object.keys(data) } : undefined),
};
