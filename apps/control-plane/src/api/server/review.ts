import type { EventEmitter } from 'node:events';
import type { Logger } from '#libs/telemetry';

/** How long a connection outlives the token that opened it, at most. */
export const REVIEW_EVERY_MS = 5_000;

export interface ReviewOptions {
  readonly path: string;
  readonly logger: Pick<Logger, 'warn'>;
  readonly everyMs?: number;
}

/**
 * Asks again and again whether whoever opened something long-lived may still have it, until it closes: a token that is revoked
 * ends it. `check` throws where it may not.
 */
export function reviewWhileOpen(
  open: EventEmitter & { destroy(): unknown },
  check: () => unknown,
  { path, logger, everyMs = REVIEW_EVERY_MS }: ReviewOptions,
): void {
  const timer = setInterval(() => {
    try {
      check();
    } catch (error) {
      logger.warn({ path, err: error }, 'a connection was ended: its token is not good any more');
      open.destroy();
    }
  }, everyMs);
  timer.unref();
  open.once('close', () => clearInterval(timer));
}
