const maxMessage = 300;
const maxCode = 64;

/**
 * One bounded line of an upstream's text. Upstreams quote the key they refuse ("Incorrect API key provided: sk-..."), so
 * whatever looks like a secret is taken out: bearer values, known key prefixes, and long runs of the letters and digits
 * that keys are made of. An ordinary word is never that long; an id lost with it is a fair price.
 */
export function safeMessage(text: string): string {
  const line = text
    .slice(0, 16 * maxMessage)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  const clean = line
    .replace(/\b(bearer|basic)\s+\S+/gi, '$1 [redacted]')
    .replace(/\b(?:sk|pk|rk|gsk|sbx|xai|key|api|AIza)[-_]?[\w*.-]*[*\d][\w*.-]*/g, '[redacted]')
    .replace(/[A-Za-z0-9_+/=*-]{24,}/g, '[redacted]');
  return clean.length <= maxMessage ? clean : `${clean.slice(0, maxMessage - 1)}…`;
}

/** A code or type is one short word, or it is none. */
export function safeCode(code: string): string | undefined {
  return code.length <= maxCode &&
    /^[A-Za-z0-9_.-]*[A-Za-z_][A-Za-z0-9_.-]*$|^\d{1,6}$/.test(code) &&
    safeMessage(code) === code
    ? code
    : undefined;
}
