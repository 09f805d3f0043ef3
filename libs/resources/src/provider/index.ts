import { countAt, scalarAt } from '../columns.js';
import type { KindDefinition } from '#libs/apimachinery';
import { specKind } from '../spec-kind.js';
import { listAt, textAt } from '../stored-spec.js';
import { effectiveProvider } from './effective.js';
import { providerSpec } from './schema.js';
import { providerVerbs, providerWarnings, validateProvider, validateProviderUpdate } from './validate.js';

export const provider: KindDefinition = specKind({
  kind: 'Provider',
  plural: 'providers',
  shortNames: ['prov'],
  description: 'An API that serves models: where it is, how it is spoken to, which models it has.',
  spec: providerSpec,
  columns: [
    {
      name: 'Type',
      type: 'string',
      description: 'The dialect it speaks.',
      value: (object) => scalarAt(object, 'spec', 'type'),
    },
    {
      name: 'Models',
      type: 'integer',
      description: 'How many models it serves.',
      value: (object) => countAt(object, 'spec', 'models'),
    },
    {
      name: 'Base URL',
      type: 'string',
      description: 'Where its API is; empty: the default of its type.',
      priority: 1,
      value: (object) => scalarAt(object, 'spec', 'baseURL'),
    },
  ],
  effective: effectiveProvider,
  validate: validateProvider,
  validateUpdate: validateProviderUpdate,
  warnings: providerWarnings,
  requiredVerbs: providerVerbs,
  remembered: 'Breaker',
  parts: ({ spec }) => ({
    word: 'model',
    names: listAt(spec, 'models').flatMap((model) => textAt(model, 'name') ?? []),
  }),
});
