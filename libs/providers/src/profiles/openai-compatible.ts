import { openAIErrors } from '../classify/error-rules.js';
import { openAILike } from './openai-like.js';

/** Any server that speaks the dialect: vLLM, a gateway, the simulator. The profile of vendors without one of their own. */
export const openaiCompatible = openAILike({ vendor: 'OpenAICompatible', errors: openAIErrors, resetUnit: 'Seconds' });
