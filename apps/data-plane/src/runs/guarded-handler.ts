import type { TransportFailure } from '#libs/inference';
import type { FaultOwner } from '../errors/fault-owner.js';
import type { UpstreamHandler } from '../upstream/transport.js';

/** The transport's way into an attempt: what is thrown inside ends that request, and never reaches the transport. */
export class GuardedHandler implements UpstreamHandler {
  private readonly inner: UpstreamHandler;
  private readonly owner: FaultOwner;

  constructor(inner: UpstreamHandler, owner: FaultOwner) {
    this.inner = inner;
    this.owner = owner;
  }

  onSent(): void {
    try {
      this.inner.onSent();
    } catch (error) {
      this.owner.fault(error);
    }
  }

  onHead(status: number, headers: readonly string[]): void {
    try {
      this.inner.onHead(status, headers);
    } catch (error) {
      this.owner.fault(error);
    }
  }

  onData(chunk: Buffer): boolean {
    try {
      return this.inner.onData(chunk);
    } catch (error) {
      this.owner.fault(error);
      return true;
    }
  }

  onRead(frames: Buffer | undefined): void {
    try {
      this.inner.onRead(frames);
    } catch (error) {
      this.owner.fault(error);
    }
  }

  onEnd(): void {
    try {
      this.inner.onEnd();
    } catch (error) {
      this.owner.fault(error);
    }
  }

  onFailure(failure: TransportFailure, detail: string): void {
    try {
      this.inner.onFailure(failure, detail);
    } catch (error) {
      this.owner.fault(error);
    }
  }
}
