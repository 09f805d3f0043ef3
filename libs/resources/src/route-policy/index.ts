import { countAt } from '../columns.js';
import type { ApiObject, KindDefinition } from '#libs/apimachinery';
import { specKind } from '../spec-kind.js';
import { routePolicyReferences } from './references.js';
import { effectiveRoutePolicy } from './effective.js';
import { routePolicySpec } from './schema.js';
import { routePolicyWarnings, validateRoutePolicy } from './validate.js';

export const routePolicy: KindDefinition = specKind({
  kind: 'RoutePolicy',
  plural: 'routepolicies',
  shortNames: ['rp'],
  description: 'Which backends serve the model names that clients ask for, and what happens on errors.',
  spec: routePolicySpec,
  columns: [
    {
      name: 'Models',
      type: 'string',
      description: 'The model names that clients ask for.',
      value: modelsOf,
    },
    {
      name: 'Rules',
      type: 'integer',
      description: 'How many rules it has.',
      priority: 1,
      value: (object) => countAt(object, 'spec', 'rules'),
    },
  ],
  effective: effectiveRoutePolicy,
  validate: validateRoutePolicy,
  warnings: routePolicyWarnings,
  references: routePolicyReferences,
});

/** The first three, and how many more there are: a table has no room for a hundred. */
function modelsOf(object: ApiObject): string | null {
  const models = object.spec?.['models'];
  if (!Array.isArray(models)) return null;
  const more = models.length > 3 ? ` +${models.length - 3}` : '';
  return models.slice(0, 3).join(',') + more;
}
