import { withOwnRules } from '../classify/error-rules.js';
import { openAILike } from './openai-like.js';

/**
 * openrouter.ai/docs/api-reference/errors: codes are numbers equal to the status; 402 is an empty account, 403 input that
 * moderation flagged, 408 the model's time running out, 502 and 503 a model that is down or absent.
 */
export const openrouter = openAILike({
  vendor: 'OpenRouter',
  baseURL: 'https://openrouter.ai/api/v1',
  errors: withOwnRules({ statuses: { 403: 'ContentFiltered' } }),
  resetUnit: 'EpochMs',
});
