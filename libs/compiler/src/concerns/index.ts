import { backends } from './backends.js';
import type { Concern } from './concern.js';
import { consumerKeys, consumers } from './consumers.js';
import { credentials } from './credentials.js';
import { keyPools } from './key-pools.js';
import { matches } from './matches.js';
import { policies } from './policies.js';
import { providers } from './providers.js';
import { routes } from './routes.js';

/** Compile, step by step: each concern looks at what those before it say. */
export const concerns: readonly Concern[] = [
  providers,
  keyPools,
  routes,
  matches,
  policies,
  consumerKeys,
  consumers,
  backends,
  credentials,
];
