import { connect, type Socket } from 'node:net';
import type { LoadTarget } from './http-load.js';

const content = Buffer.from('"content":"token');
/** Handshakes under way at once: a listener's queue is bounded. */
const openAtOnce = 64;

/** Streams that stay open, their contents counted. */
export class HeldLoad {
  /** Contents that have come, over all streams. */
  chunks = 0;
  /** Streams that ended or failed while held. */
  lost = 0;
  private readonly sockets: Socket[] = [];
  private closing = false;

  constructor(private readonly target: LoadTarget) {}

  get size(): number {
    return this.sockets.length;
  }

  /** Resolves once each of them has had a first content. */
  async open(count: number): Promise<void> {
    const opening = Array.from({ length: Math.min(openAtOnce, count) }, async () => {
      while (this.sockets.length < count) await this.openOne();
    });
    await Promise.all(opening);
  }

  close(): void {
    this.closing = true;
    for (const socket of this.sockets) socket.destroy();
  }

  private openOne(): Promise<void> {
    const socket = connect(this.target.port, '127.0.0.1');
    this.sockets.push(socket);
    return new Promise((resolve, reject) => {
      let head = '';
      socket.on('error', reject);
      socket.on('close', () => {
        if (!this.closing) this.lost += 1;
        reject(new Error(`a stream ended as it was opened: ${head}`));
      });
      socket.on('data', (bytes: Buffer) => {
        if (head.length < 15) head += bytes.toString('latin1', 0, 300);
        if (head.length >= 15 && !head.startsWith('HTTP/1.1 200')) reject(new Error(head));
        const chunks = occurrences(bytes);
        this.chunks += chunks;
        if (chunks > 0) resolve();
      });
      socket.write(this.target.request);
    });
  }
}

/** A content cut in two by a read is missed: one in some thousands. */
function occurrences(bytes: Buffer): number {
  let found = 0;
  for (let at = bytes.indexOf(content); at >= 0; at = bytes.indexOf(content, at + content.length)) found += 1;
  return found;
}
