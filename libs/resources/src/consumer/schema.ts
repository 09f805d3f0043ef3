import { z } from 'zod';
import { type Effective, optionalWithDefault } from '../fields/defaults.js';
import { listAsSet, listByName } from '../fields/lists.js';
import { itemName, modelPattern, objectLike } from '../fields/names.js';
import { count } from '../fields/quantities.js';

export const consumerSpec = z
  .strictObject({
    keys: listByName(
      z.strictObject(
        {
          name: itemName('Name of the key.'),
          sha256: z
            .string()
            .regex(/^[0-9a-f]{64}$/, {
              error:
                'must be the SHA-256 digest of the key as 64 lower-case hexadecimal digits; never put the key itself here',
            })
            .meta({
              description:
                'SHA-256 digest of the API key, in lower-case hexadecimal. `signalbox consumer key` makes both.',
            }),
        },
        { error: objectLike(() => '- {name: main, sha256: "..."}; `signalbox consumer key` makes one') },
      ),
      {
        description: 'The API keys that stand for this consumer. A digest may stand once in the whole fleet.',
        max: 100,
      },
    ),
    models: listAsSet(modelPattern('A model name, or a pattern with one "*".'), {
      description: 'The model names it may ask for. Absent: all.',
      min: 1,
      max: 1_000,
    }).optional(),
    limits: z
      .strictObject({
        concurrency: count('Requests in flight, a data plane.', 1, 1_000_000).optional(),
      })
      .meta({ description: 'Absent: none.' })
      .optional(),
    enabled: optionalWithDefault(z.boolean().meta({ description: 'false refuses its keys at once.' }), true),
    exposeRouting: optionalWithDefault(
      z.boolean().meta({ description: 'Tells it the route, backend and key of each answer in response headers.' }),
      false,
    ),
  })
  .meta({ description: 'Someone who may send requests.' });

export type ConsumerSpec = z.infer<typeof consumerSpec>;
export type EffectiveConsumerSpec = Effective<typeof consumerSpec>;
