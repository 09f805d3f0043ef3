/** Targets whose session is kept; the one that was renewed longest ago goes first. */
const MAX_SESSIONS = 256;

/** The last TLS session of each target, so that a new connection needs no full handshake. In memory only. */
export class TlsSessions {
  private readonly byTarget = new Map<string, Buffer>();

  of(targetId: string): Buffer | undefined {
    return this.byTarget.get(targetId);
  }

  keep(targetId: string, session: Buffer): void {
    this.byTarget.delete(targetId);
    this.byTarget.set(targetId, session);
    if (this.byTarget.size <= MAX_SESSIONS) return;
    for (const oldest of this.byTarget.keys()) {
      this.byTarget.delete(oldest);
      return;
    }
  }
}
