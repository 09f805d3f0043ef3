import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError, forbidden, internal, noSuchResource } from '#libs/apimachinery';
import type { Logger } from '#libs/telemetry';
import type { Authenticator } from '../../auth/authenticator.js';
import { RefusalLog } from '../../auth/refusal-log.js';
import type { Authorizer } from '../../auth/authorizer.js';
import type { Identity } from '../../auth/identity.js';
import { pathOf } from './http-call.js';
import { REVIEW_EVERY_MS, reviewWhileOpen } from './review.js';

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer, identity: Identity) => void;

/**
 * Long-lived protocols on the API's server. A handler gets a socket only once its bearer token is known and may `get` the
 * path; everything else is refused with a status line. The token is asked for again as long as the connection lives, so that
 * one which is revoked ends it: values of Secrets go down there.
 */
export class Upgrades {
  private readonly handlers = new Map<string, UpgradeHandler>();
  private readonly refusals: RefusalLog;

  constructor(
    private readonly authenticator: Authenticator,
    private readonly authorizer: Authorizer,
    private readonly logger: Logger,
    private readonly reviewEveryMs = REVIEW_EVERY_MS,
  ) {
    this.refusals = new RefusalLog(authenticator, { logger });
  }

  /** `path` without a query, such as `/control/v1/stream`. */
  handle(path: string, handler: UpgradeHandler): void {
    this.handlers.set(path, handler);
  }

  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // A client that leaves while it is being refused must not bring the process down.
      socket.on('error', () => socket.destroy());
      try {
        this.dispatch(request, socket, head);
      } catch (error) {
        this.refusals.refused(request, pathOf(request.url ?? ''), error);
        if (!(error instanceof ApiError)) this.logger.error({ err: error }, 'upgrade failed');
        refuse(socket, error instanceof ApiError ? error : internal());
      }
    });
  }

  private dispatch(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = pathOf(request.url ?? '');
    const identity = this.admitted(request, path);
    const handler = this.handlers.get(path);
    if (!handler) throw noSuchResource();
    handler(request, socket, head, identity);
    reviewWhileOpen(socket, () => this.admitted(request, path), {
      path,
      logger: this.logger,
      everyMs: this.reviewEveryMs,
    });
  }

  /** Throws a 401 or 403. */
  private admitted(request: IncomingMessage, path: string): Identity {
    const identity = this.authenticator.authenticate(request.headers.authorization);
    const verdict = this.authorizer.authorize(identity, { type: 'path', verb: 'get', path });
    if (!verdict.allowed) throw forbidden(`User "${identity.user}" cannot get path "${path}": ${verdict.reason}`);
    return identity;
  }
}

function refuse(socket: Duplex, error: ApiError): void {
  const body = JSON.stringify(error.toStatus());
  socket.end(
    `HTTP/1.1 ${error.code} ${error.reason}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
