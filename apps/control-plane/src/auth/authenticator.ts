import { readFileSync, statSync } from 'node:fs';
import type { Logger } from '#libs/telemetry';
import { unauthorized } from '#libs/apimachinery';
import type { Identity } from './identity.js';
import { TokenTable } from './token-table.js';

/** How often the tokens file is looked at, at most: a revoked token is refused at the latest this long after. */
const CHECK_INTERVAL_MS = 1_000;
const bearer = /^Bearer +([A-Za-z0-9._~+/=-]{1,4096})$/i;

/** undefined: the header holds none. */
export function presentedToken(authorization: string): string | undefined {
  return bearer.exec(authorization)?.[1];
}

/** Turns an `Authorization` header into an identity, with the tokens file as it is now. */
export class Authenticator {
  private table: TokenTable;
  private fingerprint: string;
  private checkedAtMs: number;

  /** Throws an Error that names the file if it can't be used. */
  constructor(
    private readonly file: string,
    private readonly logger: Logger,
    private readonly nowMs: () => number = Date.now,
    private readonly read: (file: string) => string = (path) => readFileSync(path, 'utf8'),
  ) {
    try {
      this.fingerprint = fingerprintOf(file);
      this.table = TokenTable.parse(read(file));
    } catch (error) {
      throw new Error(`SIGNALBOX_TOKENS_FILE ${file}: ${(error as Error).message}`, { cause: error });
    }
    this.checkedAtMs = nowMs();
  }

  /** Throws a 401. */
  authenticate(authorization: string | undefined): Identity {
    if (authorization === undefined) {
      throw unauthorized('Unauthorized: send "Authorization: Bearer <token>"');
    }
    const token = presentedToken(authorization);
    if (token === undefined) throw unauthorized('Unauthorized: the Authorization header is no bearer token');
    this.reloadIfChanged();
    const identity = this.table.find(token);
    if (!identity) throw unauthorized('Unauthorized: the token is not known');
    return identity;
  }

  /** A file that can't be read or parsed leaves the last good table in place: a slip of an editor must not lock all out. */
  private reloadIfChanged(): void {
    const now = this.nowMs();
    // A clock that was set back must not put revocations off for as long.
    if (Math.abs(now - this.checkedAtMs) < CHECK_INTERVAL_MS) return;
    this.checkedAtMs = now;
    try {
      const fingerprint = fingerprintOf(this.file);
      if (fingerprint === this.fingerprint) return;
      // Known only once it was read: what can't be opened just now (rights, too many files) is tried again.
      const text = this.read(this.file);
      this.fingerprint = fingerprint;
      this.table = TokenTable.parse(text);
      this.logger.info({ file: this.file }, 'tokens reloaded');
    } catch (error) {
      this.logger.error({ file: this.file, err: error }, 'tokens not reloaded: the last good ones stay valid');
    }
  }
}

function fingerprintOf(file: string): string {
  const { ino, size, mtimeMs, ctimeMs } = statSync(file);
  return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}
