import { codeOfClass } from '../../src/errors/code-of-class.js';
import { errorTable, GatewayError } from '../../src/errors/error-table.js';
import { surfaces } from '../../src/surfaces/registry.js';

const example = surfaces[0].errorBody(
  new GatewayError(
    'keys_exhausted',
    "Every key for model 'chat' is at its limit or cooling down: keys rest after a rate limit.",
  ),
);

const introduction = `# Errors of the data plane

This page is written from the table of errors, and a test keeps it so: after a change of the table run
\`UPDATE_GOLDEN=1 npm test -- errors-page\`.

Every error that the data plane itself answers with, in OpenAI's shape:

\`\`\`json
${example}
\`\`\`

- \`code\` is the first column below and doesn't change; \`message\` and \`remedy\` are for people and may.
- \`remedy\` is the last column: what can be done about it. OpenAI's own errors don't have it; its SDKs pass over it.
- A 429 or 503 always carries \`retry-after\` in seconds.
- \`x-should-retry: false\` is there once the data plane has made attempts of its own: their outcome was the last word, and
  SDKs that know the header don't multiply them.
- \`x-request-id\` and \`x-signalbox-trace-id\` find the request in logs and traces.
- Once a stream has begun, its status is out. Whatever ends it then comes as an event of the same shape, \`data: {"error": ...}\`,
  and no \`[DONE]\` follows. A stream without that event and with \`[DONE]\` is whole.
- "Retryable" means that the same request may succeed later, unchanged.
- The provider's own words are passed on where the request itself is at fault (\`upstream_rejected\`, \`context_length_exceeded\`,
  \`content_filtered\`): its message, bounded and cleaned of anything that looks like a secret, and its own \`param\` and \`code\` where it
  gave them; the log then has ours.

`;

const fromAttempts = `## From a failed attempt to an error

Which class a provider's answer belongs to is decided once, by its profile in \`libs/providers\`; whether another key or backend
is tried, by the route's retry policy. When nothing is left to try, the class of the last attempt names the error:

`;

const keysExhausted = ', or `keys_exhausted` where all keys that are left rest or are at their limit';

/** What a class becomes besides the error that bears its name. */
const alternatives: Readonly<Record<string, string>> = {
  RateLimited: keysExhausted,
  Auth: keysExhausted,
  QuotaExhausted: keysExhausted,
};

/** The whole of docs/errors.md. */
export function errorsPage(): string {
  const rows = Object.entries(errorTable).map(([code, { status, retryable, type, remedy }]) =>
    row(`\`${code}\``, String(status), retryable ? 'yes' : 'no', `\`${type}\``, remedy),
  );
  const classes = Object.entries(codeOfClass)
    // The client is gone; nobody reads its error.
    .filter(([errorClass]) => errorClass !== 'Cancelled')
    .map(([errorClass, code]) => row(`\`${errorClass}\``, `\`${code}\`${alternatives[errorClass] ?? ''}`));
  return [
    introduction + header('Code', 'Status', 'Retryable', 'Type', 'What to do'),
    ...rows,
    '',
    fromAttempts + header('Class', 'Error'),
    ...classes,
    '',
  ].join('\n');
}

function header(...titles: string[]): string {
  return `${row(...titles)}\n${row(...titles.map(() => '---'))}`;
}

function row(...cells: string[]): string {
  return `| ${cells.join(' | ')} |`;
}
