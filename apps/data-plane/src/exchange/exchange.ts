import type { Clock } from '#libs/clock';
import type { Logger } from '#libs/telemetry';
import { errorTable, GatewayError } from '../errors/error-table.js';
import type { FaultOwner } from '../errors/fault-owner.js';
import type { Finish, RequestRecord } from '../record/request-record.js';
import type { RunSubscriber } from '../runs/subscriber.js';
import type { Surface } from '../surfaces/surface.js';
import { Timer, type TimerWheel } from '../time/timer-wheel.js';
import type { Downstream, DownstreamEvents } from './downstream.js';
import { errorHeaders, responseHeaders } from './response-headers.js';
import type { Linked, RunningList } from './running.js';

/** Told of every request: once when it starts, once when it has finished. Neither call waits or throws. */
export interface RequestObserver {
  started(): void;
  finished(record: RequestRecord): void;
}

/** What every exchange shares. */
export interface ExchangeServices {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly observer: RequestObserver;
  readonly logger: Pick<Logger, 'error'>;
  /** Requests that have started and not finished. */
  readonly running: RunningList<Exchange>;
  readonly limits: ExchangeLimits;
}

export interface ExchangeLimits {
  /** After this long without a first content, a stream's head and comments go out, to keep the client's connection alive. */
  readonly holdMs: number;
  /** How long a client may take nothing of an answer that is all written. */
  readonly writeTimeoutMs: number;
}

/** Something that is held until the request has finished. */
export interface Lease {
  release(): void;
}

/** What an exchange sees of the work that is done for it. */
export interface Cancellable {
  /** Nobody waits for it any more. */
  leave(subscriber: RunSubscriber): void;
  /** The subscriber takes more. */
  drained(): void;
}

/**
 * The client's side of one request: its permit, its head, its writer, and the only ways it can end. `finish` runs once,
 * whichever of success, failure, abort and shutdown comes first; what comes later finds it finished.
 *
 * An answer that the client hasn't taken yet is not over: it holds the consumer's permit until it is, or until nothing
 * of it was taken for `writeTimeoutMs`. Otherwise a client that asks and never reads would fill the memory.
 */
export class Exchange implements RunSubscriber, DownstreamEvents, FaultOwner, Linked<Exchange> {
  readonly record: RequestRecord;
  readonly surface: Surface;
  next: Exchange | undefined = undefined;
  previous: Exchange | undefined = undefined;

  private readonly services: ExchangeServices;
  private downstream: Downstream;
  private run: Cancellable = nothingToCancel;
  private permit: Lease = nothingHeld;
  private table: PinnedRevision = noTable;
  /** Keeps a stream's client alive, then watches what is written but not taken. */
  private readonly timer = new Timer(this, () => this.onTimer());
  private phase: 'Open' | 'Flushing' | 'Over' = 'Open';
  /** The head of a stream is out: from here on only events can say anything to the client. */
  private isStreaming = false;
  /** Decided when the last byte is written. */
  private outcome: Finish = 'Failed';

  constructor(services: ExchangeServices, surface: Surface, record: RequestRecord, downstream: Downstream) {
    this.services = services;
    this.surface = surface;
    this.record = record;
    this.downstream = downstream;
    services.running.add(this);
    try {
      services.observer.started();
    } catch (error) {
      services.logger.error({ err: error }, 'counting a request failed');
    }
  }

  /** Nothing more can be said to the client. */
  get isAnswered(): boolean {
    return this.phase !== 'Open';
  }

  /** From here on the request belongs to this table, until it has finished. */
  pin(table: PinnedRevision): void {
    table.pin();
    this.table = table;
    this.record.tableVersion = table.view.version;
  }

  /** A permit that is given back at the end. */
  hold(permit: Lease): void {
    this.permit = permit;
  }

  /** The run whose answer this client gets. A stream's client is kept alive meanwhile. */
  follow(run: Cancellable): void {
    this.run = run;
    const { record, services } = this;
    if (record.stream) services.wheel.arm(this.timer, record.startedMs + services.limits.holdMs);
  }

  /** `body` is bytes seen as Latin-1. */
  answered(status: number, contentType: string, body: string): void {
    if (this.isAnswered) return;
    this.run = nothingToCancel;
    this.sendHead(status);
    this.record.responseBytes = body.length;
    this.written('Completed', this.downstream.send(status, this.headersFor(contentType), body));
  }

  committed(nowMs: number): void {
    this.services.wheel.disarm(this.timer);
    this.record.firstTokenMs = nowMs;
    this.startStream();
  }

  write(text: string): boolean {
    if (text === '' || this.isAnswered) return true;
    this.record.responseBytes += text.length;
    return this.downstream.write(text);
  }

  writeFrames(frames: Buffer): boolean {
    if (this.isAnswered) return true;
    this.record.responseBytes += frames.length;
    return this.downstream.writeFrames(frames);
  }

  ended(rest: string): void {
    if (this.isAnswered) return;
    this.run = nothingToCancel;
    this.endStream('Completed', rest);
  }

  failed(error: GatewayError): void {
    this.run = nothingToCancel;
    this.fail(error);
  }

  /** Ends in an error (`extraHeaders`: names and values in turn): as a response, or as the dialect's error event where a stream has begun. */
  fail(error: GatewayError, extraHeaders: readonly string[] = []): void {
    if (this.isAnswered) return;
    this.leaveRun();
    const { record, surface } = this;
    const { status } = errorTable[error.code];
    record.errorCode = error.code;
    if (this.isStreaming) {
      this.endStream('Failed', surface.errorEvent(error));
    } else {
      this.sendHead(status);
      const body = surface.errorBody(error);
      record.responseBytes = body.length;
      const headers = this.headersFor(surface.bodyType);
      headers.push(...errorHeaders(error, record.attempts.length), ...extraHeaders);
      this.written('Failed', this.downstream.send(status, headers, body));
    }
  }

  /** The client closed its connection. */
  abandoned(): void {
    if (this.phase === 'Over') return;
    const outcome = this.phase === 'Flushing' && this.outcome === 'Failed' ? 'Failed' : 'Aborted';
    this.leaveRun();
    this.finish(outcome);
  }

  /** The client has read what was written. */
  drained(): void {
    if (this.phase === 'Flushing') this.watchTaking();
    else this.run.drained();
  }

  turnCame(): void {
    if (this.phase === 'Flushing') this.watchTaking();
  }

  /** The client's side has all of the answer. */
  flushed(): void {
    if (this.phase === 'Flushing') this.finish(this.outcome);
  }

  fault(error: unknown): void {
    this.services.logger.error(
      { err: error, request_id: this.record.requestId },
      'a request failed by a fault of ours',
    );
    try {
      this.fail(new GatewayError('internal_error', 'The data plane failed at this request.'));
    } catch (err) {
      this.services.logger.error({ err, request_id: this.record.requestId }, 'a failed request could not be answered');
      this.downstream.destroy();
    } finally {
      if (this.phase === 'Open') this.finish('Failed');
    }
  }

  private onTimer(): void {
    if (this.phase === 'Open') this.keepAlive();
    else {
      this.downstream.destroy();
      this.finish('Aborted');
    }
  }

  private keepAlive(): void {
    const { services, record } = this;
    if (!this.isStreaming) {
      record.heldOpen = true;
      this.startStream();
    }
    this.write(this.surface.keepAlive);
    services.wheel.arm(this.timer, services.clock.nowMs() + services.limits.holdMs);
  }

  private startStream(): void {
    if (this.isStreaming) return;
    this.sendHead(200);
    const headers = this.headersFor(this.surface.streamType);
    headers.push('cache-control', 'no-cache');
    this.downstream.start(200, headers);
    this.isStreaming = true;
  }

  private sendHead(status: number): void {
    this.record.status = status;
    this.record.headMs = this.services.clock.nowMs();
  }

  private headersFor(contentType: string): string[] {
    const { revision } = this.table.view;
    this.record.revision = Math.max(0, revision);
    return responseHeaders(this.record, revision, contentType);
  }

  private endStream(outcome: Finish, rest: string): void {
    this.record.responseBytes += rest.length;
    this.written(outcome, this.downstream.end(rest));
  }

  /** The last byte is written. */
  private written(outcome: Finish, isTaken: boolean): void {
    if (isTaken) {
      this.finish(outcome);
      return;
    }
    this.phase = 'Flushing';
    this.outcome = outcome;
    // Its client can't take it before its turn, and the answer in front has a time of its own.
    if (this.downstream.isBehindAnother) this.services.wheel.disarm(this.timer);
    else this.watchTaking();
  }

  private watchTaking(): void {
    const { wheel, clock, limits } = this.services;
    wheel.arm(this.timer, clock.nowMs() + limits.writeTimeoutMs);
  }

  private leaveRun(): void {
    const { run } = this;
    this.run = nothingToCancel;
    run.leave(this);
  }

  private finish(how: Finish): void {
    this.phase = 'Over';
    const { services, record, permit, table } = this;
    services.wheel.disarm(this.timer);
    record.finish = how;
    record.endedMs = services.clock.nowMs();
    services.running.remove(this);
    this.letGo();
    try {
      permit.release();
      table.release();
    } finally {
      this.report();
    }
  }

  /** The request is over and settled: a fault in reporting must not reach whoever called us. */
  private report(): void {
    try {
      this.services.observer.finished(this.record);
    } catch (error) {
      this.services.logger.error({ err: error }, 'reporting a request failed');
    }
  }

  /**
   * Nothing of the request hangs on this object any longer. The response's listeners keep it as long as node:http keeps
   * the response, and where that has reached the old generation, everything that can be reached from here would follow:
   * measured, a fifth of all that was allocated.
   */
  private letGo(): void {
    this.downstream = closedDownstream;
    this.run = nothingToCancel;
    this.permit = nothingHeld;
    this.table = noTable;
  }
}

/** What an exchange needs of the table that it is pinned to. */
export interface PinnedRevision extends Lease {
  readonly view: { readonly revision: number; readonly version: string };
  pin(): void;
}

const nothingHeld: Lease = { release() {} };
const nothingToCancel: Cancellable = { leave() {}, drained() {} };
const noTable: PinnedRevision = { view: { revision: -1, version: '' }, pin() {}, release() {} };

/** What a finished exchange writes to. */
const closedDownstream: Downstream = {
  isBehindAnother: false,
  send: () => true,
  start() {},
  write: () => true,
  writeFrames: () => true,
  end: () => true,
  destroy() {},
};
