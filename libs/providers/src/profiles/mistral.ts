import { withOwnRules } from '../classify/error-rules.js';
import { openAILike } from './openai-like.js';

/** Mistral's numeric codes in error bodies say more than its statuses: 1300 is a rate limit, 3505 an overloaded service. */
export const mistral = openAILike({
  vendor: 'Mistral',
  baseURL: 'https://api.mistral.ai/v1',
  errors: withOwnRules({
    codes: { '1300': 'RateLimited', '3505': 'Overloaded' },
    types: { rate_limited: 'RateLimited', service_tier_capacity_exceeded: 'Overloaded' },
  }),
  resetUnit: 'Seconds',
});
