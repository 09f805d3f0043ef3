import { classify } from '../classify/classify.js';
import type { OpenAILikeVendor, ProviderProfile } from '../profile.js';
import { parseRateLimit } from '../rate-limit/parse-rate-limit.js';

/** A profile of a vendor that speaks the OpenAI dialect. */
export function openAILike({ vendor, baseURL, errors, resetUnit }: OpenAILikeVendor): ProviderProfile {
  return {
    vendor,
    dialect: 'OpenAI',
    defaults: { baseURL },
    auth: { type: 'Bearer' },
    classify: (result, nowMs) => classify(result, nowMs, errors),
    parseRateLimit: (headers, _body, nowMs) => parseRateLimit(headers, nowMs, resetUnit),
  };
}
