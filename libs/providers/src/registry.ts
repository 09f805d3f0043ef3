import type { ProviderProfile } from './profile.js';
import { groq } from './profiles/groq.js';
import { mistral } from './profiles/mistral.js';
import { openaiCompatible } from './profiles/openai-compatible.js';
import { openai } from './profiles/openai.js';
import { openrouter } from './profiles/openrouter.js';

/** All vendors with a profile of their own. A new one is a line here. */
export const profiles: readonly ProviderProfile[] = [openaiCompatible, openai, groq, mistral, openrouter];

const byVendor = new Map(profiles.map((profile) => [profile.vendor, profile]));

/** By vendor name; a vendor without a profile is treated as OpenAI-compatible. */
export function profileOf(vendor: string): ProviderProfile {
  return byVendor.get(vendor) ?? openaiCompatible;
}
