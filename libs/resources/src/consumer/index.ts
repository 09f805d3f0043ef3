import { countAt, scalarAt } from '../columns.js';
import type { KindDefinition } from '#libs/apimachinery';
import { specKind } from '../spec-kind.js';
import { effectiveConsumer } from './effective.js';
import { consumerSpec } from './schema.js';
import { consumerWarnings, validateConsumer } from './validate.js';

export const consumer: KindDefinition = specKind({
  kind: 'Consumer',
  plural: 'consumers',
  shortNames: ['con'],
  description: 'Someone who may send requests, known by the digests of API keys.',
  spec: consumerSpec,
  columns: [
    {
      name: 'Keys',
      type: 'integer',
      description: 'How many API keys it has.',
      value: (object) => countAt(object, 'spec', 'keys'),
    },
    {
      name: 'Enabled',
      type: 'boolean',
      description: 'Whether its keys are accepted.',
      value: (object) => scalarAt(object, 'spec', 'enabled') ?? true,
    },
  ],
  effective: effectiveConsumer,
  validate: validateConsumer,
  warnings: consumerWarnings,
});
