import { ownText } from '#libs/dialects';

const maxMessage = 300;
const maxCode = 64;
const maxParam = 128;

/**
 * One bounded line of an upstream's text. Upstreams quote the key they refuse ("Incorrect API key provided: sk-..."), so
 * whatever looks like a secret is taken out: bearer values, known key prefixes, and long runs that look random. An id
 * lost with them is a fair price; names of parameters and codes stay. It outlives the answer, so it is a text of its own.
 */
export function safeMessage(text: string): string {
  const line = text
    .slice(0, 16 * maxMessage)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  const clean = line
    .replace(/\b(bearer|basic)\s+\S+/gi, '$1 [redacted]')
    .replace(/\b(?:sk|pk|rk|gsk|sbx|xai|key|api|AIza)[-_]?[\w*.-]*[*\d][\w*.-]*/g, '[redacted]')
    .replace(/[A-Za-z0-9_+/=*-]{24,}/g, (run) => (looksRandom(run) ? '[redacted]' : run));
  return ownText(clean.length <= maxMessage ? clean : `${clean.slice(0, maxMessage - 1)}…`);
}

/** Names are short words joined by separators; keys have long stretches without one, or many digits. */
function looksRandom(run: string): boolean {
  return /[A-Za-z0-9+/*]{16,}/.test(run) || run.replace(/\D/g, '').length > 4;
}

/** A code or type is one short word, or it is none. */
export function safeCode(code: string): string | undefined {
  if (code.length > maxCode || !/^([A-Za-z0-9_.-]*[A-Za-z_][A-Za-z0-9_.-]*|\d{1,6})$/.test(code)) return undefined;
  return safeMessage(code) === code ? code : undefined;
}

/** A parameter is the path of a field (`messages[0].content`, `tools.0.type`), or it is none. */
export function safeParam(param: string): string | undefined {
  if (param.length > maxParam || !/^[A-Za-z_][\w.[\]-]*$/.test(param)) return undefined;
  return safeMessage(param) === param ? param : undefined;
}
