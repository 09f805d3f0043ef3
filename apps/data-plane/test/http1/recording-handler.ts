import type { TransportFailure } from '#libs/inference';
import type { UpstreamHandler } from '../../src/upstream/transport.js';

/** Writes down what a call's handler hears. */
export class RecordingHandler implements UpstreamHandler {
  /** `sent`, `head 200`, `end` and so on; ranges of the body are in `body` alone. */
  readonly heard: string[] = [];
  headers: readonly string[] = [];
  body = '';
  /** What `onRead` was called with. */
  readonly frames: (string | undefined)[] = [];
  /** What the next range is answered with: false pauses. */
  goesOn = true;
  readonly over: Promise<void>;
  private settle = (): void => {};

  constructor() {
    this.over = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  onSent(): void {
    this.heard.push('sent');
  }

  onHead(status: number, headers: readonly string[]): void {
    this.heard.push(`head ${status}`);
    this.headers = headers;
  }

  onData(chunk: Buffer): boolean {
    this.body += chunk.toString('latin1');
    return this.goesOn;
  }

  onRead(frames: Buffer | undefined): void {
    this.frames.push(frames?.toString('latin1'));
  }

  onEnd(): void {
    this.heard.push('end');
    this.settle();
  }

  onFailure(failure: TransportFailure, detail: string): void {
    this.heard.push(`${failure}: ${detail}`);
    this.settle();
  }

  header(name: string): string | undefined {
    const index = this.headers.findIndex((part, at) => at % 2 === 0 && part.toLowerCase() === name);
    return index < 0 ? undefined : this.headers[index + 1];
  }
}
