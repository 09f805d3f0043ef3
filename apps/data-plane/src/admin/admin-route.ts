/** What the operators' listener answers. */
export interface AdminAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A request to it, read whole. */
export interface AdminRequest {
  readonly query: URLSearchParams;
  /** Empty without one. */
  readonly body: Buffer;
}

/** An address of the operators' listener. Whatever is asked of it changes nothing. */
export interface AdminRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** May throw an AdminError. */
  handle(request: AdminRequest): AdminAnswer | Promise<AdminAnswer>;
}

/** A refusal; the message names what is wrong and what to write instead. */
export class AdminError extends Error {
  override readonly name = 'AdminError';

  constructor(
    readonly status: 400 | 404 | 405 | 413 | 415 | 503,
    message: string,
  ) {
    super(message);
  }
}

export const TEXT = 'text/plain; charset=utf-8';

export function jsonAnswer(value: unknown): AdminAnswer {
  return { status: 200, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}

/** Throws a 400 for a parameter that isn't there: a misspelt filter would show everything. */
export function checkQuery(query: URLSearchParams, known: readonly string[]): void {
  for (const name of query.keys()) {
    if (!known.includes(name))
      throw new AdminError(400, `${name.slice(0, 80)}: no such query parameter; known: ${known.join(', ')}`);
  }
}
