import { z } from 'zod';
import { profiles } from '#libs/providers';
import { type Effective, optionalWithDefault, section } from '../fields/defaults.js';
import { duration } from '../fields/duration.js';
import { header, headerName, headerValue, lowerCase } from '../fields/headers.js';
import { listByName } from '../fields/lists.js';
import { modelName, nameOr, objectLike } from '../fields/names.js';
import { count, percent } from '../fields/quantities.js';

const model = z.strictObject(
  {
    name: modelName('What routes and key pools call the model.'),
    upstreamName: modelName('What the provider calls it. Default: the name.').optional(),
  },
  { error: objectLike((text) => `- name: ${nameOr(text, 'gpt-4o')}`) },
);

const auth = z
  .strictObject({
    type: z.enum(['Bearer', 'Header', 'None']).meta({
      description:
        'How a key is sent: in Authorization, after the word Bearer; in the header named beside it; or not at all (the pool still ' +
        'needs keys, as they carry weights and limits).',
    }),
    name: headerName('Header only: its name, such as api-key.').optional(),
    prefix: headerValue('Header only: put before the key, blank included.').optional(),
  })
  .meta({ description: 'How the provider is shown a key. Default: Bearer.' });

const circuitBreaker = section(
  {
    consecutiveFailures: optionalWithDefault(
      count('Failures in a row (Network, Timeout, Overloaded, ServerError) that open the breaker.', 1, 10_000),
      5,
    ),
    failureRatio: section(
      {
        percent: optionalWithDefault(percent('Share of failures within the window that opens the breaker.'), 50),
        minRequests: optionalWithDefault(count('Requests in the window before the share counts.', 1, 1_000_000), 20),
        window: optionalWithDefault(duration('Length of the sliding window.'), '30s'),
      },
      'Opens the breaker on a share of failures.',
    ),
    openFor: optionalWithDefault(
      duration('How long the breaker stays open the first time; doubles at each relapse.'),
      '30s',
    ),
    maxOpenFor: optionalWithDefault(duration('Upper bound of that doubling.'), '5m'),
    halfOpenProbes: optionalWithDefault(count('Requests let through at a time while half-open.', 1, 1_000), 1),
    successesToClose: optionalWithDefault(count('Successes that close a half-open breaker.', 1, 1_000), 2),
    maxEjectedPercent: optionalWithDefault(
      percent("Largest share of the provider's breakers that may be open at a time; one always may.", 0),
      50,
    ),
  },
  'Stops sending to a model of the provider that keeps failing. One breaker a model.',
);

export const providerSpec = z
  .strictObject({
    type: z.enum(['OpenAI', 'OpenAICompatible']).meta({ description: 'The dialect it speaks. Immutable.' }),
    vendor: z
      .enum(profiles.map(({ vendor }) => vendor))
      .meta({ description: 'Whose errors, rate-limit headers and defaults it has. Default: the type.' })
      .optional(),
    baseURL: z
      .string()
      .max(2048)
      .meta({
        description:
          "Where its API is, up to the part that the dialect appends (/chat/completions). Default: the vendor's; required for vendor OpenAICompatible, which has none.",
      })
      .optional(),
    allowInsecure: optionalWithDefault(
      z.boolean().meta({ description: 'Allows plain http. Its author needs the verb allow-insecure.' }),
      false,
    ),
    allowPrivateNetwork: optionalWithDefault(
      z.boolean().meta({
        description:
          'Allows loopback, private and link-local addresses. Checked on the address connected to as well. Its author ' +
          'needs the verb allow-private-network.',
      }),
      false,
    ),
    auth: auth.optional(),
    headers: listByName(header('Sent with every request.'), {
      description: 'Fixed headers for every request to the provider. Never keys: those belong in a KeyPool.',
      max: 32,
      identity: lowerCase,
    }).optional(),
    timeouts: section(
      {
        connect: optionalWithDefault(duration('To a connection that can be written to, TLS included.'), '5s'),
        firstByte: optionalWithDefault(duration('From the request to the response headers.'), '60s'),
        streamIdle: optionalWithDefault(duration('Longest silence within a stream.'), '60s'),
        request: optionalWithDefault(duration('One whole attempt.'), '600s'),
      },
      'Limits of one attempt. Where a route sets a limit too, the least wins.',
    ),
    connections: section(
      {
        max: optionalWithDefault(count('Connections a data plane opens to the provider at most.', 1, 65_536), 256),
        maxPending: optionalWithDefault(
          count('Requests of a data plane that may wait for a connection; more fail at once.', 0, 1_000_000),
          1024,
        ),
      },
      'Connections of one data plane.',
    ),
    models: listByName(model, { description: 'The models it serves.', min: 1, max: 1_000 }),
    circuitBreaker,
  })
  .meta({ description: 'An API that serves models.' });

export type ProviderSpec = z.infer<typeof providerSpec>;
type Filled = Effective<typeof providerSpec>;
type ProviderModel = Required<Filled['models'][number]>;
export type EffectiveProviderSpec = Omit<Filled, 'models'> &
  Required<Pick<Filled, 'vendor' | 'auth'>> & { models: ProviderModel[] };
