import { z } from 'zod';
import { errorClasses } from '#libs/inference';
import { AdminError } from './admin-route.js';

/** A day: nothing that routing decides lasts longer. */
const MAX_TOOK_MS = 86_400_000;
const outcomeName = z.enum(['Success', ...errorClasses]);
const ms = z.int().nonnegative().max(MAX_TOOK_MS);
const SEED = 'must be a whole number of 32 bits';
const imagined = z.strictObject({
  outcome: outcomeName,
  tookMs: ms.optional(),
  retryAfterMs: ms.optional(),
  progress: z.enum(['NotSent', 'Sent', 'Headers', 'Committed']).optional(),
  code: z.string().max(200).optional(),
  about: z.enum(['Model', 'Key']).optional(),
});
const outcome = z.union(
  [outcomeName.transform((name) => ({ outcome: name })), imagined],
  `must be Success, a class (${errorClasses.join(', ')}) or such as {outcome: ServerError, tookMs: 300}`,
);

const schema = z
  .strictObject({
    /** `<namespace>/<name>` */
    consumer: z
      .string()
      .regex(/^[^/]+\/[^/]+$/, 'must be NAMESPACE/NAME')
      .optional(),
    keySha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of an API key, 64 lower-case hex digits')
      .optional(),
    path: z.string().startsWith('/', 'must start with a slash').default('/v1/chat/completions'),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.record(z.string(), z.unknown(), 'must be the request itself, such as {model: chat, messages: []}'),
    outcomes: z.array(outcome).max(100).default([]),
    seed: z.int(SEED).min(0, SEED).max(0xffff_ffff, SEED).optional(),
  })
  .refine(({ consumer, keySha256 }) => (consumer === undefined) !== (keySha256 === undefined), {
    path: ['consumer'],
    message: 'give either consumer (NAMESPACE/NAME) or keySha256',
  });

/** What would be asked, of whom, and how attempts are imagined to end. */
export type ExplainRequest = z.output<typeof schema>;

/** Who asks is said by `consumer`: a key in the question would end in a file or in a shell's history. */
const credentials = new Set(['authorization', 'api-key', 'x-api-key', 'x-goog-api-key', 'cookie']);

/** Throws a 400 that names each field at fault; never repeats a value. */
export function readExplainRequest(body: Buffer): ExplainRequest {
  const result = schema.safeParse(parse(body));
  if (!result.success) {
    const lines = result.error.issues.map(lineOf);
    throw new AdminError(400, lines.slice(0, 20).join('\n'));
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(result.data.headers)) {
    const lower = name.toLowerCase();
    if (credentials.has(lower)) {
      throw new AdminError(400, `headers.${lower}: leave credentials out; consumer says who asks`);
    }
    headers[lower] = value;
  }
  return { ...result.data, headers };
}

function lineOf(issue: z.core.$ZodIssue): string {
  const place = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return `${place || 'the question'}: ${issue.message}`;
  const unknown = issue.keys.map((key) => JSON.stringify(key.slice(0, 100))).join(', ');
  return `${place === '' ? '' : `${place}: `}no such member: ${unknown}; known: ${Object.keys(place === '' ? schema.shape : imagined.shape).join(', ')}`;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // The parser's own message quotes the text.
    throw new AdminError(400, 'the body is no well-formed JSON');
  }
}
