import type { ConnectionsView } from '#libs/routing';
import type { BackendEntry } from '#libs/routing-table';
import type { WaitingLines } from './waiting-lines.js';

/** Everything that a connection depends on: provider, origin and what its addresses may be. */
export function connectionsId({ namespace, provider, baseURL, allowPrivateNetwork }: BackendEntry): string {
  return `${namespace}/${provider} ${new URL(baseURL).origin} ${allowPrivateNetwork ? 'private' : 'public'}`;
}

/** Connections to one target: as many as permits are out for it. Admission compares with the limit of its own table. */
export class ConnectionLimiter implements ConnectionsView {
  readonly id: string;
  inUse = 0;
  /** Backends in use that share it. */
  holders = 0;
  private readonly lines: WaitingLines;

  constructor(id: string, lines: WaitingLines) {
    this.id = id;
    this.lines = lines;
  }

  get waiting(): number {
    return this.lines.depth(this.id);
  }
}

export class ConnectionLimiters implements Iterable<ConnectionLimiter> {
  private readonly byId = new Map<string, ConnectionLimiter>();
  private readonly lines: WaitingLines;

  constructor(lines: WaitingLines) {
    this.lines = lines;
  }

  acquire(id: string): ConnectionLimiter {
    let limiter = this.byId.get(id);
    if (limiter === undefined) this.byId.set(id, (limiter = new ConnectionLimiter(id, this.lines)));
    limiter.holders += 1;
    return limiter;
  }

  /** As many in use as there, for imagining. */
  adopt(id: string, from: ConnectionLimiters): void {
    const copy = this.acquire(id);
    copy.inUse = from.byId.get(id)?.inUse ?? 0;
    this.lines.adopt(id, from.lines);
  }

  /** Whoever uses a connection holds its backend, so that with the last of those none is in use. */
  release(limiter: ConnectionLimiter): void {
    limiter.holders -= 1;
    if (limiter.holders === 0) this.byId.delete(limiter.id);
  }

  [Symbol.iterator](): Iterator<ConnectionLimiter> {
    return this.byId.values();
  }
}
