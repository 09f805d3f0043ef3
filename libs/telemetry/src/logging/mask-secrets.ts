/**
 * Finds what looks like a credential in free text, where no field name tells: provider keys by their prefixes, our own
 * consumer keys, bearer and basic credentials, JSON Web Tokens, PEM private keys, and passwords in URLs and in `key=` pairs. It is the
 * last line of defence (the first is never to hand a secret to a message) and errs towards masking.
 *
 * A credential starts where no letter or digit stands before it; inside JSON text, the letter of an escape such as `\n`
 * doesn't count as one.
 */
export const MASK = '[redacted]';

const START = String.raw`(?<=^|[^A-Za-z0-9]|\\[nrtbf])`;

const PREFIXED = [
  'sk-[A-Za-z0-9_-]{8,}', // OpenAI, Anthropic, OpenRouter, DeepSeek and most that copy their API
  'sb[xt]_[A-Za-z0-9]{8,}', // consumer keys and control plane tokens of ours
  'AIza[A-Za-z0-9_-]{20,}', // Google
  'ya29\\.[A-Za-z0-9_.-]{10,}', // Google OAuth
  'gsk_[A-Za-z0-9]{8,}', // Groq
  'xai-[A-Za-z0-9_-]{8,}', // xAI
  'hf_[A-Za-z0-9]{8,}', // Hugging Face
  'r8_[A-Za-z0-9]{8,}', // Replicate
  'pplx-[A-Za-z0-9]{8,}', // Perplexity
  'fw_[A-Za-z0-9]{8,}', // Fireworks
  'nvapi-[A-Za-z0-9_-]{8,}', // NVIDIA
  'csk-[A-Za-z0-9]{8,}', // Cerebras
  '(?:AKIA|ASIA)[A-Z0-9]{16}', // AWS access key ids
  'gh[pousr]_[A-Za-z0-9]{20,}', // GitHub
  // JSON Web Token. Also one that is cut: a first part that had to have others would be looked through from each "eyJ" in it.
  'eyJ[A-Za-z0-9_-]{6,}(?:\\.[A-Za-z0-9_-]{6,}(?:\\.[A-Za-z0-9_-]*)?)?',
];
const CREDENTIAL = new RegExp(`${START}(?:${PREFIXED.join('|')})`, 'g');
const SCHEME = new RegExp(`${START}(Bearer|Basic)(\\s+)[A-Za-z0-9._~+/=-]{8,}`, 'gi');
const PAIR = new RegExp(
  `${START}((?:api[-_]?key|access[-_]?token|auth[-_]?token|client[-_]?secret|password|passwd|secret|token|key)=)[^\\s&"'\\\\,;)\\]}]{4,}`,
  'gi',
);
const URL_PASSWORD = /(:\/\/[^\s/:@"\\]*:)[^\s/@"\\]+(?=@)/g;
const PRIVATE_KEY =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[A-Za-z0-9+/=\s]|\\[nr])*(?:-----END [A-Z ]*PRIVATE KEY-----)?/g;

export function maskSecrets(text: string): string {
  return text
    .replace(PRIVATE_KEY, MASK)
    .replace(SCHEME, `$1$2${MASK}`)
    .replace(CREDENTIAL, MASK)
    .replace(PAIR, `$1${MASK}`)
    .replace(URL_PASSWORD, `$1${MASK}`);
}
