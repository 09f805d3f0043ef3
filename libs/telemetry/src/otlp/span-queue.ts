import type { Cancel, Clock } from '#libs/clock';
import type { ExportTally } from './export-tally.js';
import { SpanWriter } from './span-writer.js';
import type { TraceRequest } from './trace-request.js';

/** How a finished piece of work becomes spans. Neither call may keep the item. */
export interface SpanProjection<T> {
  count(item: T): number;
  /** Writes as many spans as `count` says. */
  write(item: T, spans: SpanWriter): void;
}

export interface SendResult {
  readonly error?: Error;
  /** Of a batch that was taken: how many spans of it weren't, and why. */
  readonly rejected?: number;
  readonly reason?: string;
}

/** Gives one request to the backend, and calls back once, later. */
export type SendSpans = (request: Buffer, spans: number, done: (result: SendResult) => void) => void;

export interface SpanQueueOptions<T> {
  readonly projection: SpanProjection<T>;
  readonly request: TraceRequest;
  readonly send: SendSpans;
  readonly tally: ExportTally;
  readonly clock: Clock;
  /** Spans wait at most this long for others to share an export with. */
  readonly delayMs: number;
  /** Calls back in a later turn of the event loop. */
  readonly later?: (action: () => void) => void;
}

/** Items that wait for the next turn at most. */
const MAX_ITEMS = 2_048;
/** Encoded spans that wait or are on their way, at most. */
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_BATCH_SPANS = 512;
/** Of a usual batch: a span takes about 700 bytes. */
const WRITER_BYTES = 512 * 1024;

interface Batch {
  readonly request: Buffer;
  readonly spans: number;
}

/**
 * Takes finished work on its way out and turns it into OTLP in a later turn, so that the request that ends pays for a
 * comparison and a push. Items are held for that turn only: what waits for an export is bytes. Nothing ever waits for this
 * queue: where there is no room, spans are dropped and counted.
 */
export class SpanQueue<T> {
  private items: T[] = [];
  private readonly writer = new SpanWriter(WRITER_BYTES);
  /** In the writer. */
  private writtenSpans = 0;
  private batches: Batch[] = [];
  private waitingBytes = 0;
  private pending = 0;
  private sending = false;
  private abandoned = false;
  private cancelTimer: Cancel | undefined;
  private idle: (() => void)[] = [];
  private readonly later: (action: () => void) => void;

  constructor(private readonly options: SpanQueueOptions<T>) {
    this.later = options.later ?? setImmediate;
  }

  /** Spans that wait or are on their way. */
  get pendingSpans(): number {
    return this.pending;
  }

  add(item: T): void {
    const spans = this.options.projection.count(item);
    if (this.abandoned || this.items.length >= MAX_ITEMS || this.waitingBytes + this.writer.length >= MAX_BYTES) {
      this.options.tally.refused(spans);
      return;
    }
    this.pending += spans;
    if (this.items.push(item) === 1) this.later(this.encode);
  }

  /** Resolves when all that waits now has been sent, or has failed. */
  flush(): Promise<void> {
    this.encode();
    this.seal();
    if (!this.sending) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }

  /** Nothing more is sent: counts what is left as lost. */
  abandon(): void {
    this.abandoned = true;
    this.options.tally.abandoned(this.pending);
    this.pending = 0;
    this.items = [];
    this.cancelTimer?.();
  }

  private readonly encode = (): void => {
    const { items } = this;
    if (items.length === 0) return;
    this.items = [];
    for (const item of items) this.encodeOne(item);
    if (this.writtenSpans > 0) this.cancelTimer ??= this.options.clock.after(this.options.delayMs, this.seal);
  };

  private encodeOne(item: T): void {
    const { projection, tally } = this.options;
    const { writer } = this;
    const start = writer.length;
    const spans = projection.count(item);
    try {
      projection.write(item, writer);
    } catch (error) {
      // Nobody called for this turn, so a fault in it would end the process.
      writer.truncate(start);
      this.pending -= spans;
      tally.failed(spans, error as Error);
      return;
    }
    this.writtenSpans += spans;
    if (this.writtenSpans >= MAX_BATCH_SPANS) this.seal();
  }

  private readonly seal = (): void => {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    if (this.writtenSpans === 0) return;
    const request = this.options.request.around(this.writer);
    this.batches.push({ request, spans: this.writtenSpans });
    this.waitingBytes += request.length;
    this.writer.truncate(0);
    this.writtenSpans = 0;
    if (!this.sending) this.sendNext();
  };

  /** One at a time: a backend that is slow gets no more to do, and the bound in front of it holds. */
  private sendNext(): void {
    const batch = this.batches.shift();
    this.sending = batch !== undefined;
    if (batch === undefined) {
      for (const resolve of this.idle.splice(0)) resolve();
      return;
    }
    this.options.send(batch.request, batch.spans, (result) => this.sent(batch, result));
  }

  private sent({ request, spans }: Batch, { error, rejected = 0, reason = '' }: SendResult): void {
    if (this.abandoned) return;
    this.waitingBytes -= request.length;
    this.pending -= spans;
    const { tally } = this.options;
    if (error === undefined) tally.succeeded(spans, rejected, reason);
    else tally.failed(spans, error);
    if (this.waitingBytes === 0) tally.recovered();
    this.sendNext();
  }
}
