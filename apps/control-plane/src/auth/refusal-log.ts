import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ApiError } from '#libs/apimachinery';
import { LimitedLog, type LimitedLogOptions } from '#libs/telemetry';
import { presentedToken, type Authenticator } from './authenticator.js';

/**
 * Says who was refused for want of a good token: a data plane with yesterday's, a script in a loop, someone who guesses.
 * One line a minute for each address and token. The token itself is in no line: the start of its SHA-256 shows which
 * one of the tokens file it is, or was.
 */
export class RefusalLog {
  readonly #lines: LimitedLog;
  readonly #authenticator: Pick<Authenticator, 'authenticate'>;

  constructor(authenticator: Pick<Authenticator, 'authenticate'>, options: LimitedLogOptions) {
    this.#authenticator = authenticator;
    this.#lines = new LimitedLog(options);
  }

  /** Anything but a 401 or 403 is not a matter of tokens; nor is a request without one, which any scanner sends. */
  refused(request: IncomingMessage, path: string, error: unknown): void {
    if (!(error instanceof ApiError) || (error.code !== 401 && error.code !== 403)) return;
    const { authorization } = request.headers;
    if (authorization === undefined) return;
    const sourceAddress = request.socket.remoteAddress ?? '';
    const token = presentedToken(authorization);
    const tokenSha256 = token === undefined ? 'no bearer token' : startOfDigest(token);
    this.#lines.warn(
      `${error.code} ${sourceAddress} ${tokenSha256}`,
      { code: error.code, sourceAddress, path, tokenSha256, user: this.#userOf(authorization), reason: error.message },
      'a request was refused: check the token of whoever sends it',
    );
  }

  #userOf(authorization: string): string | undefined {
    try {
      return this.#authenticator.authenticate(authorization).user;
    } catch {
      return undefined;
    }
  }
}

/** Enough to find it in a tokens file, and nothing to guess it by. */
function startOfDigest(token: string): string {
  return `${createHash('sha256').update(token).digest('hex').slice(0, 12)}…`;
}
