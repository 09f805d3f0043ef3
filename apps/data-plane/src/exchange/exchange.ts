import type { IncomingHttpHeaders } from 'node:http';
import type { PreparedRoute, RequestFacts } from '#libs/routing';
import type { KnownOwner } from '../consumers/known-owner.js';
import { Timer } from '../time/timer-wheel.js';
import type { Waiter } from '../state/waiting-lines.js';
import type { Attempt } from '../runs/attempt.js';
import type { Downstream } from './downstream.js';
import { errorTable, type GatewayError } from '../errors/error-table.js';
import type { PinnedTable } from '../state/pinned-table.js';
import type { Finish, RequestRecord } from '../record/request-record.js';
import { errorHeaders, responseHeaders } from './response-headers.js';
import { resumeAttempts, runAttempts } from '../runs/run-attempts.js';
import type { Runtime } from '../pipeline/runtime.js';
import type { ChatRequest } from '../surfaces/openai/chat-request.js';
import { errorEventText, errorText } from '../surfaces/openai/error-text.js';

/**
 * One request under way: what its phases found out, what it holds, and the only ways it can end. `finish` runs once,
 * whichever of success, failure, abort and shutdown comes first; what comes later finds it finished.
 */
export class Exchange {
  readonly runtime: Runtime;
  readonly record: RequestRecord;
  headers: IncomingHttpHeaders;
  readonly seed: number;
  private downstream: Downstream;

  table: PinnedTable | undefined = undefined;
  owner: KnownOwner | undefined = undefined;
  chat: ChatRequest | undefined = undefined;
  /** Client headers that go along, names and values in turn. */
  forwarded: readonly string[] = [];
  route: PreparedRoute | undefined = undefined;
  facts: RequestFacts | undefined = undefined;
  /** The call that is under way. */
  attempt: Attempt | undefined = undefined;
  /** Made once it has to wait for a key or a connection. */
  waiter: Waiter | undefined = undefined;
  /** Runs while waiting between attempts. */
  readonly pause = new Timer(() => resumeAttempts(this));

  /** Neighbours among the running requests. */
  next: Exchange | undefined = undefined;
  previous: Exchange | undefined = undefined;

  private readonly hold = new Timer(() => this.keepAlive());
  private holdsConsumerPermit = false;
  private finished = false;

  constructor(runtime: Runtime, record: RequestRecord, headers: IncomingHttpHeaders, downstream: Downstream) {
    this.runtime = runtime;
    this.record = record;
    this.headers = headers;
    this.downstream = downstream;
    this.seed = runtime.ids.seed();
    runtime.running.add(this);
    runtime.observer.started();
  }

  get isFinished(): boolean {
    return this.finished;
  }

  /** The head of a stream is out: from here on only events can tell the client anything. */
  get isStreaming(): boolean {
    return this.record.headMs > 0;
  }

  pin(table: PinnedTable): void {
    table.pin();
    this.table = table;
    this.record.tableVersion = table.view.version;
  }

  /** False: the consumer is at its limit. */
  admit(owner: KnownOwner): boolean {
    this.holdsConsumerPermit = owner.limiter.take(owner.consumer.maxConcurrency);
    return this.holdsConsumerPermit;
  }

  /** From now on the client's connection is kept alive if a first content takes too long. */
  holdStream(): void {
    this.runtime.wheel.arm(this.hold, this.record.startedMs + this.runtime.limits.holdMs);
  }

  /** `body`: bytes, or text that is bytes seen as Latin-1. */
  answer(status: number, contentType: string, body: Buffer | string): void {
    if (this.finished) return;
    this.sendHead(status);
    this.record.responseBytes = body.length;
    this.downstream.send(status, this.headersFor(contentType), body);
    this.finish('Completed');
  }

  /** The first content is there: the head goes out, if it hasn't. */
  commit(nowMs: number): void {
    this.runtime.wheel.disarm(this.hold);
    this.record.firstTokenMs = nowMs;
    this.startStream();
  }

  /** False: the client reads too slowly; `drained` follows. */
  write(text: string): boolean {
    if (text === '') return true;
    this.record.responseBytes += text.length;
    return this.downstream.write(text);
  }

  endStream(): void {
    if (this.finished) return;
    this.downstream.end();
    this.finish('Completed');
  }

  /** Ends in an error (`extraHeaders`: names and values in turn): as a response, or as the dialect's error event where a stream has begun. */
  fail(error: GatewayError, extraHeaders: readonly string[] = []): void {
    if (this.finished) return;
    const { record } = this;
    const { status } = errorTable[error.code];
    record.errorCode = error.code;
    const last = record.attempts.at(-1);
    if (last !== undefined && last.outcome !== 'Pending' && last.outcome !== 'Success')
      record.errorClass = last.outcome;
    if (this.isStreaming) {
      this.write(errorEventText(error));
      this.downstream.end();
    } else {
      this.sendHead(status);
      const body = errorText(error);
      record.responseBytes = body.length;
      const headers = this.headersFor('application/json');
      headers.push(...errorHeaders(error, record.attempts.length), ...extraHeaders);
      this.downstream.send(status, headers, body);
    }
    this.finish('Failed');
  }

  /** The attempt has left its outcome in the record: what now? */
  attemptFailed(): void {
    runAttempts(this);
  }

  /** The client closed its connection. */
  abandoned(): void {
    if (this.finished) return;
    this.attempt?.cancel();
    this.finish('Aborted');
  }

  /** The process ends and won't wait any longer. */
  terminate(error: GatewayError): void {
    if (this.finished) return;
    this.attempt?.cancel();
    this.fail(error);
  }

  /** The client has read what was written. */
  drained(): void {
    this.attempt?.drained();
  }

  private keepAlive(): void {
    if (!this.isStreaming) {
      this.record.heldOpen = true;
      this.startStream();
    }
    this.write(': keep-alive\n\n');
    this.runtime.wheel.arm(this.hold, this.runtime.clock.nowMs() + this.runtime.limits.holdMs);
  }

  private startStream(): void {
    if (this.isStreaming) return;
    this.sendHead(200);
    this.downstream.start(200, this.headersFor('text/event-stream; charset=utf-8', true));
  }

  private sendHead(status: number): void {
    this.record.status = status;
    this.record.headMs = this.runtime.clock.nowMs();
  }

  private headersFor(contentType: string, isStream = false): string[] {
    const revision = this.table?.view.revision ?? -1;
    this.record.revision = Math.max(0, revision);
    const headers = responseHeaders(this.record, revision, contentType);
    if (isStream) headers.push('cache-control', 'no-cache');
    return headers;
  }

  private finish(how: Finish): void {
    this.finished = true;
    const { runtime, record } = this;
    runtime.wheel.disarm(this.pause);
    runtime.wheel.disarm(this.hold);
    if (this.waiter !== undefined) runtime.routing.lines.leave(this.waiter);
    if (this.holdsConsumerPermit) this.owner?.limiter.release();
    this.table?.unpin();
    record.finish = how;
    record.endedMs = runtime.clock.nowMs();
    runtime.running.remove(this);
    this.letGo();
    this.report();
  }

  /** The request is over and settled: a fault in reporting must not reach the transport that called us. */
  private report(): void {
    try {
      this.runtime.observer.finished(this.record);
    } catch (error) {
      this.runtime.logger.error({ err: error }, 'reporting a request failed');
    }
  }

  /**
   * Nothing of the request hangs on this object any longer. The response's listeners keep it as long as node:http keeps
   * the response, and where that has reached the old generation, everything that can be reached from here would follow:
   * measured, a fifth of all that was allocated.
   */
  private letGo(): void {
    this.downstream = closedDownstream;
    this.headers = noHeaders;
    this.forwarded = noForwarded;
    this.chat = undefined;
    this.route = undefined;
    this.facts = undefined;
    this.owner = undefined;
    this.table = undefined;
  }
}

const noHeaders: IncomingHttpHeaders = {};
const noForwarded: readonly string[] = [];

/** What a finished exchange writes to. */
const closedDownstream: Downstream = { send() {}, start() {}, write: () => true, end() {} };
