import { CliError, exitCodes } from '../cli-error.js';
import { printable } from '../output/style.js';

/** A Kubernetes `Status`, as far as a person needs it. */
interface Status {
  readonly reason?: string;
  readonly message?: string;
  readonly code?: number;
  readonly details?: { readonly causes?: readonly { readonly field?: string; readonly message?: string }[] };
}

/** The server's refusal: its reason and message, then each cause with its field. */
export class ServerError extends CliError {
  constructor(
    readonly statusCode: number,
    readonly reason: string,
    private readonly told: string,
    private readonly causes: readonly string[],
    hints: readonly string[] = [],
  ) {
    const lines = [`Error from server (${reason}): ${told}`, ...causes.map((cause) => `  ${cause}`)];
    super(lines.map(printable).join('\n'), { exitCode: exitCodeFor(statusCode), hints });
  }

  /** The same refusal in other words, such as with files in place of documents. */
  reworded(word: (text: string) => string, hints: readonly string[] = this.hints): ServerError {
    return new ServerError(this.statusCode, this.reason, word(this.told), this.causes.map(word), hints);
  }
}

/** From a response that is no success. A body that isn't a Status (a proxy's page) is cut, not dumped. */
export function serverError(statusCode: number, body: string): ServerError {
  const status = parseStatus(body);
  const reason = status?.reason ?? `HTTP ${statusCode}`;
  const message = status?.message ?? (body.trim().slice(0, 200) || 'no message');
  const causes = status?.details?.causes ?? [];
  const listed = causes.map((cause) => [cause.field, cause.message].filter(Boolean).join(': '));
  // Of several causes the message is a list in brackets, which is better read line by line.
  const bracket = listed.length > 1 ? message.indexOf('[') : -1;
  if (bracket >= 0) {
    const more = /, and \d+ more\]$/.exec(message)?.[0].slice(2, -1);
    return new ServerError(statusCode, reason, message.slice(0, bracket).trimEnd(), [
      ...listed,
      ...(more ? [more] : []),
    ]);
  }
  const untold = listed.filter((_, index) => !message.includes(causes[index]?.message ?? ''));
  return new ServerError(statusCode, reason, message, untold);
}

function parseStatus(body: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(body);
    const isStatus = typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'Status';
    return isStatus ? (value as Status) : undefined;
  } catch {
    return undefined;
  }
}

function exitCodeFor(statusCode: number): number {
  if (statusCode === 404) return exitCodes.notFound;
  return statusCode === 409 ? exitCodes.conflict : exitCodes.failure;
}
