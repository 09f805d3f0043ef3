import { z } from 'zod';
import { uniqueBy } from './lists.js';

/** `status` of every kind that is compiled. See docs/conditions.md. */
export const conditionsStatus = z
  .strictObject({
    conditions: z
      .array(
        z.strictObject({
          type: z.string().meta({ description: 'What is said, such as Accepted.' }),
          status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'Whether it holds.' }),
          reason: z.string().meta({ description: 'One word for programs.' }),
          message: z.string().meta({ description: 'One sentence or more for people.' }),
          observedGeneration: z.int().min(0).meta({ description: 'The generation of the spec that this is about.' }),
          lastTransitionTime: z.string().meta({ description: 'When the status last changed.', format: 'date-time' }),
        }),
      )
      .superRefine(uniqueBy('type'))
      .meta({
        description: 'What became of the object; see docs/conditions.md.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
      })
      .optional(),
  })
  .meta({ description: 'Written by the control plane.' });
