import { countAt, scalarAt } from '../columns.js';
import type { KindDefinition } from '#libs/apimachinery';
import { specKind } from '../spec-kind.js';
import { listAt, textAt } from '../stored-spec.js';
import { keyPoolReferences } from './references.js';
import { effectiveKeyPool } from './effective.js';
import { keyPoolSpec } from './schema.js';
import { keyPoolWarnings, validateKeyPool } from './validate.js';

export const keyPool: KindDefinition = specKind({
  kind: 'KeyPool',
  plural: 'keypools',
  shortNames: ['kp'],
  description: 'The API keys of one provider, and how requests are spread over them.',
  spec: keyPoolSpec,
  columns: [
    {
      name: 'Provider',
      type: 'string',
      description: 'Whose keys they are.',
      value: (object) => scalarAt(object, 'spec', 'providerRef', 'name'),
    },
    {
      name: 'Keys',
      type: 'integer',
      description: 'How many keys there are, disabled ones included.',
      value: (object) => countAt(object, 'spec', 'keys'),
    },
  ],
  effective: effectiveKeyPool,
  validate: validateKeyPool,
  warnings: keyPoolWarnings,
  references: keyPoolReferences,
  remembered: 'Cooldown',
  parts: ({ spec }) => ({ word: 'key', names: listAt(spec, 'keys').flatMap((key) => textAt(key, 'name') ?? []) }),
});
