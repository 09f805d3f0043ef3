import { z } from 'zod';
import { type Effective, optionalWithDefault, section } from '../fields/defaults.js';
import { duration, durationMs } from '../fields/duration.js';
import { listAsSet, listByName } from '../fields/lists.js';
import { itemName, modelName, objectLike, reference, resourceName } from '../fields/names.js';
import { count, weight } from '../fields/quantities.js';
import { boundedText } from '../fields/text.js';

/** Examples that repeat nothing: text that stands here may be the key itself. */
const entryExample = '{name: my-keys, key: main}, which names a Secret and one of its entries';
const keyExample =
  '- {name: main, valueFrom: {secretKeyRef: {name: my-keys, key: main}}}; the key itself belongs in a Secret';
const sourceExample = '{secretKeyRef: {name: my-keys, key: main}}; the key itself belongs in a Secret';

const valueFrom = z
  .strictObject(
    {
      secretKeyRef: z
        .strictObject(
          {
            name: resourceName('Name of the Secret.'),
            key: boundedText(253, /^[-._a-zA-Z0-9]+$/, 'must be letters, digits, "-", "_" and "."')
              .min(1)
              .meta({ description: 'Which of its entries.' }),
          },
          { error: objectLike(() => entryExample) },
        )
        .meta({ description: 'An entry of a Secret in the same namespace.', 'x-kubernetes-map-type': 'atomic' })
        .optional(),
      env: boundedText(255, /^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable')
        .meta({
          description:
            "An environment variable of each data plane, if the data plane's SIGNALBOX_CREDENTIAL_ENV allows it.",
        })
        .optional(),
      file: boundedText(1024, /^[\x20-\x7e]+$/, 'must be a path in printable ASCII')
        .min(1)
        .refine((path) => !path.split('/').includes('..'), { error: 'must not climb with ".."' })
        .meta({
          description:
            "A file of each data plane, if it lies within the data plane's SIGNALBOX_CREDENTIAL_DIR. A relative path is " +
            'relative to that folder.',
        })
        .optional(),
    },
    { error: objectLike(() => sourceExample) },
  )
  .meta({ description: 'Where the value is. Exactly one of the members.' });

const key = z.strictObject(
  {
    name: itemName('Name of the key, as shown in traces and metrics.'),
    valueFrom,
    weight: optionalWithDefault(weight("The key's share of the pool's requests; 0 drains it."), 1),
    enabled: optionalWithDefault(z.boolean().meta({ description: 'false takes the key out at once.' }), true),
    models: listAsSet(modelName('Name of a model of the provider.'), {
      description: 'The models that the key serves. Absent: all of the provider.',
      min: 1,
      max: 1_000,
    }).optional(),
    quotaGroup: itemName(
      'Keys of one account share its quota: those with one quotaGroup share their limits. Default: the name.',
    ).optional(),
    limits: z
      .strictObject({
        concurrency: count('Requests in flight, a data plane.', 1, 1_000_000).optional(),
      })
      .meta({ description: 'Limits of the quota group. Absent: none.' })
      .optional(),
  },
  { error: objectLike(() => keyExample) },
);

const authCooldown = z
  .string()
  .refine((text) => text === 'UntilRotated' || isDuration(text), {
    error: 'must be UntilRotated or a duration such as 10m',
  })
  .meta({ description: 'After a refused key: UntilRotated, or a duration after which the same value is tried again.' });

function isDuration(text: string): boolean {
  return duration('').safeParse(text).success && durationMs(text) > 0;
}

export const keyPoolSpec = z
  .strictObject({
    providerRef: reference('Provider'),
    selection: optionalWithDefault(
      z
        .enum(['WeightedRandom', 'RoundRobin', 'LeastInFlight'])
        .meta({ description: 'How the next key is picked among those that may be used.' }),
      'WeightedRandom',
    ),
    keys: listByName(key, { description: 'The keys.', min: 1, max: 10_000 }),
    cooldown: section(
      {
        rateLimit: optionalWithDefault(duration('After a 429 that names no time; doubles at each repeat.'), '10s'),
        maxRateLimit: optionalWithDefault(duration('Upper bound of a pause after a 429, a named time included.'), '5m'),
        quota: optionalWithDefault(
          duration(
            'After an exhausted quota, or longer where the provider says so. Then the key is on trial: one request at a time, until one succeeds.',
          ),
          '1h',
        ),
        auth: optionalWithDefault(authCooldown, 'UntilRotated'),
      },
      'How long a key rests after the provider refused it.',
    ),
    onExhausted: section(
      {
        type: optionalWithDefault(
          z.enum(['Fallback', 'Queue', 'Fail']).meta({
            description: 'What happens while no key may be used: next backend; wait for a key; refuse with 429.',
          }),
          'Fallback',
        ),
        queue: section(
          {
            maxDepth: optionalWithDefault(count('Requests of a data plane that may wait.', 1, 100_000), 100),
            maxWait: optionalWithDefault(duration('Longest wait of a request.'), '2s'),
          },
          'Used with type Queue.',
        ),
      },
      'What to do while every key rests or is at its limit.',
    ),
  })
  .meta({ description: 'The keys of one provider.' });

export type KeyPoolSpec = z.infer<typeof keyPoolSpec>;
type Filled = Effective<typeof keyPoolSpec>;
type FilledKey = Filled['keys'][number];
export type EffectivePoolKey = FilledKey & Required<Pick<FilledKey, 'quotaGroup'>>;
export type EffectiveKeyPoolSpec = Omit<Filled, 'keys'> & { keys: EffectivePoolKey[] };
