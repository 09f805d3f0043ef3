import type { ServerResponse } from 'node:http';

/** Bytes that may wait for a slow client; beyond, its watch is closed and it starts again from where it got to. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** The response of a watch: newline-delimited JSON, its headers sent at once. */
export class WatchStream {
  private ended = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly onClose: () => void,
    private readonly maxWaitingBytes = MAX_WAITING_BYTES,
  ) {
    response.once('close', () => this.close());
    // The server ends connections on which nothing moves; of a watch that is the usual state.
    response.setTimeout(0);
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    response.flushHeaders();
  }

  get open(): boolean {
    return !this.ended;
  }

  send(frame: Buffer): void {
    if (this.ended) return;
    this.response.write(frame);
    if (this.response.writableLength > this.maxWaitingBytes) {
      this.close();
      this.response.destroy();
    }
  }

  /** Resolves once the client keeps up, or is gone: for what can wait, as the objects that a watch starts with. */
  async caughtUp(): Promise<void> {
    if (this.ended || !this.response.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.response.off('drain', done).off('close', done);
        resolve();
      };
      this.response.on('drain', done).on('close', done);
    });
  }

  /** Ends it in good order: what was sent arrives, then the end of the stream. */
  end(): void {
    if (this.ended) return;
    this.close();
    this.response.end();
  }

  private close(): void {
    if (this.ended) return;
    this.ended = true;
    this.onClose();
  }
}
