import { withOwnRules } from '../classify/error-rules.js';
import { openAILike } from './openai-like.js';

/** console.groq.com/docs/errors: 498 is the flex tier out of capacity; 413 and 422 are the request's own fault. */
export const groq = openAILike({
  vendor: 'Groq',
  baseURL: 'https://api.groq.com/openai/v1',
  errors: withOwnRules({
    codes: { flex_tier_capacity_exceeded: 'Overloaded', capacity_exceeded: 'Overloaded' },
    statuses: { 413: 'InvalidRequest', 422: 'InvalidRequest', 498: 'Overloaded' },
  }),
  resetUnit: 'Seconds',
});
