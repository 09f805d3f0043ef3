import { z } from 'zod';
import { type ErrorClass, errorClasses } from '#libs/inference';
import { type Effective, optionalWithDefault, section } from '../fields/defaults.js';
import { duration } from '../fields/duration.js';
import { header, lowerCase } from '../fields/headers.js';
import { atomicList, listAsSet, listByName } from '../fields/lists.js';
import { itemName, modelName, modelPattern, nameOr, objectLike, reference } from '../fields/names.js';
import { count, percent, weight } from '../fields/quantities.js';

const backendExample = '- {keyPoolRef: {name: my-pool}, model: gpt-4o}';

const backendRef = z.strictObject(
  {
    keyPoolRef: reference('KeyPool'),
    model: modelName("Name of a model of the pool's provider."),
    weight: optionalWithDefault(weight('Share among the backends of equal priority; 0 drains.'), 1),
    priority: optionalWithDefault(
      count('Lower is tried first; the next one when no backend of this one can be used.', 0, 1_000),
      0,
    ),
  },
  { error: objectLike((text) => backendExample.replace('my-pool', () => nameOr(text, 'my-pool'))) },
);

const backendRefs = (description: string) => atomicList(backendRef, { description, min: 1, max: 100 });

/** A request that the client gave up is over. */
const fallbackErrors = errorClasses.filter((name) => name !== 'Cancelled');

/** The others would fail the same way again, or be paid for twice. */
const retryableErrors = errorClasses.filter((name) =>
  ['Network', 'Timeout', 'RateLimited', 'Overloaded', 'ServerError', 'Auth', 'QuotaExhausted'].includes(name),
);

const errors = (names: readonly ErrorClass[], description: string) =>
  listAsSet(z.enum(names), { description, min: 1, max: names.length });

const match = z.strictObject({
  headers: listByName(header('A header that the request must carry with exactly this value.'), {
    description: 'Headers that the request must carry, all of them.',
    min: 1,
    max: 16,
    identity: lowerCase,
  }).optional(),
});

const rule = z.strictObject({
  name: itemName('Name of the rule, as shown in traces and metrics.'),
  matches: atomicList(match, {
    description:
      'Which requests the rule takes: those that any item fits; within an item every field must fit. Absent: all.',
    min: 1,
    max: 64,
  }).optional(),
  backendRefs: backendRefs('Who serves the request.'),
  fallbacks: atomicList(
    z.strictObject({
      errors: errors(fallbackErrors, 'Classes of the last error for which these backends are tried.'),
      backendRefs: backendRefs('Tried once backendRefs are used up.'),
    }),
    {
      description: 'Who serves it after these errors. Items with the same class add up.',
      max: 16,
    },
  ).optional(),
});

const retryRule = z.strictObject({
  errors: errors(retryableErrors, 'Error classes that the rule is for.'),
  maxRetries: count('Retries after these errors; 0: none.', 0, 16),
  next: z.enum(['SameBackend', 'NextKey', 'NextBackend']).meta({
    description:
      'Where the retry goes: the same backend, or else another; another key of its pool, or else another backend; another ' +
      'backend, or else another key.',
  }),
});

const retry = section(
  {
    maxAttempts: optionalWithDefault(count('Upstream calls a request may cause, the first included.', 1, 16), 3),
    perTryTimeout: duration("Bound of one attempt. Absent: the provider's.").optional(),
    maxRetryAfter: optionalWithDefault(
      duration('Longest pause named by an upstream that is waited for; a longer one goes elsewhere or to the client.', {
        orZero: true,
      }),
      '20s',
    ),
    backoff: section(
      {
        base: optionalWithDefault(
          duration('Pause before the first retry on a backend that was tried.', { orZero: true }),
          '200ms',
        ),
        factor: optionalWithDefault(z.number().min(1).max(10).meta({ description: 'Growth from pause to pause.' }), 2),
        max: optionalWithDefault(duration('Longest pause.', { orZero: true }), '8s'),
        jitter: optionalWithDefault(
          z.enum(['Full', 'None']).meta({ description: 'Full: a pause is drawn from 0 to the computed one.' }),
          'Full',
        ),
      },
      'Pauses before a backend is tried again; another one is tried at once.',
    ),
    budget: section(
      {
        percent: optionalWithDefault(percent("Retries as a share of the route's requests.", 0), 20),
        interval: optionalWithDefault(duration('Over which time both are counted.'), '10s'),
        minPerSecond: optionalWithDefault(count('Retries a second that are always allowed.', 0, 100_000), 10),
      },
      'Keeps retries from multiplying an outage. Counted by each data plane.',
    ),
    rules: atomicList(retryRule, {
      description:
        'How errors of these classes are retried; the first rule with the class is used. Without one, an error of the ' +
        'key (RateLimited, Auth, QuotaExhausted) goes to another key, then to another backend; one of the backend ' +
        '(Network, Timeout, Overloaded, ServerError) to another backend, then to another key.',
      max: 32,
    }).optional(),
  },
  'Attempts beyond the first; invisible to the client, as none starts once output was sent.',
);

export const routePolicySpec = z
  .strictObject({
    models: listAsSet(modelPattern('A model name, or a pattern with one "*".'), {
      description:
        'The model names that clients ask for. An exact name goes before a pattern, a longer pattern before a shorter.',
      min: 1,
      max: 100,
    }),
    consumerSelector: z
      .strictObject({
        matchLabels: z
          .record(z.string().min(1).max(317), z.string().max(63))
          .refine((labels) => Object.keys(labels).length > 0, {
            error: 'must name a label; leave consumerSelector out to mean all',
          })
          .meta({ description: 'Labels that the consumer must carry, all of them.' }),
      })
      .meta({ description: 'Whose requests the policy is for. Absent: all consumers of the namespace.' })
      .optional(),
    rules: listByName(rule, { description: 'In order; the first that matches wins.', min: 1, max: 64 }),
    retry,
    timeouts: z
      .strictObject({
        request: duration('All attempts together.').optional(),
        firstToken: duration("From an attempt's start to its first output.").optional(),
        streamIdle: duration('Longest silence within a stream.').optional(),
      })
      .meta({ description: "Limits beside the provider's; the least wins." })
      .optional(),
  })
  .meta({ description: 'Who serves which model names, and what happens on errors.' });

export type RoutePolicySpec = z.infer<typeof routePolicySpec>;
export type EffectiveRoutePolicySpec = Effective<typeof routePolicySpec>;
export type EffectiveRule = EffectiveRoutePolicySpec['rules'][number];
export type EffectiveBackendRef = EffectiveRule['backendRefs'][number];
