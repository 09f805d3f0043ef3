import { openAIErrors } from '../classify/error-rules.js';
import { openAILike } from './openai-like.js';

export const openai = openAILike({
  vendor: 'OpenAI',
  baseURL: 'https://api.openai.com/v1',
  errors: openAIErrors,
  resetUnit: 'Seconds',
});
