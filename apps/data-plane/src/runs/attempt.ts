import type { TransportFailure, UpstreamResult } from '#libs/inference';
import type { AttemptPlan } from '#libs/routing';
import { profileOf } from '#libs/providers';
import type { Permit, PermitOutcome } from '../state/permit.js';
import { Timer } from '../time/timer-wheel.js';
import type { UpstreamCall, UpstreamHandler } from '../upstream/transport.js';
import { answerReader } from './answer-head.js';
import type { AnswerReader } from './answer-reader.js';
import type { BackendState } from '../state/backend-state.js';
import type { Exchange } from '../exchange/exchange.js';
import { AttemptRecord } from '../record/request-record.js';

/** What a deadline means once it has passed. */
type DeadlineFailure = Extract<TransportFailure, `${string}Timeout`>;

/**
 * One upstream call from permit to outcome. It ends exactly once, by `succeed`, `fail`, `reject` or `cancel`; whatever
 * the transport or a timer says after that is not heard.
 */
export class Attempt implements UpstreamHandler {
  readonly exchange: Exchange;
  readonly record: AttemptRecord;
  readonly plan: AttemptPlan;
  private readonly state: BackendState;
  private readonly permit: Permit;
  private readonly timer = new Timer(() => this.onDeadline());
  private deadlineFailure: DeadlineFailure = 'ConnectTimeout';
  private call: UpstreamCall | undefined = undefined;
  private reader: AnswerReader | undefined = undefined;
  private lastReadMs = 0;
  /** How long the body may be silent. */
  private idleMs: number;
  private ended = false;

  constructor(exchange: Exchange, plan: AttemptPlan, state: BackendState, permit: Permit) {
    const { runtime, record } = exchange;
    const { candidate, key, step } = plan;
    const startedMs = runtime.clock.nowMs();
    this.exchange = exchange;
    this.plan = plan;
    this.state = state;
    this.permit = permit;
    this.idleMs = plan.timeouts.streamIdleMs;
    this.record = new AttemptRecord({
      number: record.attempts.length + 1,
      step,
      backend: candidate.backend,
      provider: state.provider,
      vendor: candidate.entry.vendor,
      upstreamModel: candidate.entry.upstreamName,
      serverAddress: state.serverAddress,
      serverPort: state.serverPort,
      pool: candidate.entry.keyPool,
      key: key.name,
      spanId: runtime.ids.spanId(),
      startedMs,
    });
    record.attempts.push(this.record);
  }

  start(): void {
    const { exchange, state, permit } = this;
    const { chat, forwarded, runtime } = exchange;
    if (chat === undefined) throw new Error('an attempt before the request was read');
    const headers = [...state.headers, ...forwarded];
    const auth = state.authHeader(permit.credential.value);
    if (auth !== undefined) headers.push(...auth);
    headers.push('accept', chat.stream ? 'text/event-stream' : 'application/json');
    this.waitUntil(this.plan.timeouts.connectMs, 'ConnectTimeout');
    this.call = runtime.transport.send(
      {
        target: state.target,
        path: `${state.basePath}${chat.upstreamPath}`,
        headers,
        body: chat.bodyFor(state.entry.upstreamName),
      },
      this,
    );
    // An answer may have come before the handle did.
    if (this.ended) this.call.abort();
  }

  get isEnded(): boolean {
    return this.ended;
  }

  onSent(): void {
    if (this.ended) return;
    this.record.sentMs = this.exchange.runtime.clock.nowMs();
    this.record.progress = 'Sent';
    this.waitUntil(this.plan.timeouts.firstByteMs, 'FirstByteTimeout');
  }

  onHead(status: number, headers: readonly Buffer[]): void {
    if (this.ended) return;
    const nowMs = this.exchange.runtime.clock.nowMs();
    this.record.status = status;
    this.record.headersMs = nowMs;
    this.record.progress = 'Headers';
    this.lastReadMs = nowMs;
    this.reader = answerReader(this, status, headers);
    if (!this.ended) this.watchBody(nowMs);
  }

  onData(chunk: Buffer): boolean {
    if (this.ended || this.reader === undefined) return true;
    this.lastReadMs = this.exchange.runtime.clock.nowMs();
    return this.reader.onData(chunk);
  }

  /** A chunk has been taken in by then. */
  onRead(): void {}

  onEnd(): void {
    if (!this.ended) this.reader?.onEnd();
  }

  onFailure(failure: TransportFailure, detail: string): void {
    if (this.ended) return;
    this.reader?.onCut?.();
    if (!this.ended) this.fail(failure, detail);
  }

  drained(): void {
    if (this.reader?.onDrain?.() === true) this.call?.resume();
  }

  /** The commit point of a stream: nothing after it can be taken back. */
  commit(): void {
    const nowMs = this.exchange.runtime.clock.nowMs();
    this.record.progress = 'Committed';
    this.record.committedMs = nowMs;
    this.permit.committed(nowMs);
    this.exchange.commit(nowMs);
    this.watchBody(nowMs);
  }

  /** All that matters is there; only the end itself may still take this long. */
  expectEnd(withinMs: number): void {
    this.idleMs = withinMs;
    this.watchBody(this.exchange.runtime.clock.nowMs());
  }

  /** The answer is whole. The caller has told the client, or is about to. */
  succeed(): void {
    this.record.outcome = 'Success';
    this.settle({ ok: true });
  }

  /** The transport or a rule of ours ended it: no (usable) answer. */
  fail(failure: TransportFailure, detail: string): void {
    const { status } = this.record;
    this.conclude({ status, headers: {}, body: '', failure }, failure, detail);
  }

  /** The upstream answered with an error. */
  reject(result: UpstreamResult): void {
    this.conclude(result, '', '');
  }

  /** Nobody wants the answer any more. Not followed by another attempt: the caller ends the request. */
  cancel(): void {
    if (this.ended) return;
    this.record.outcome = 'Cancelled';
    this.settle({ ok: false, class: 'Cancelled' });
    this.call?.abort();
  }

  private conclude(result: UpstreamResult, code: string, detail: string): void {
    const { clock } = this.exchange.runtime;
    const outcome = profileOf(this.state.entry.vendor).classify(result, clock.epochMs());
    const errorClass = outcome.class ?? 'ServerError';
    this.record.outcome = errorClass;
    this.record.code = outcome.code ?? code;
    this.record.message = detail === '' ? (outcome.message ?? '') : `${outcome.message ?? ''} (${detail})`;
    this.record.retryAfterMs = outcome.retryAfterMs;
    this.settle({ ...outcome, ok: false, class: errorClass, code: this.record.code });
    this.call?.abort();
    this.exchange.attemptFailed();
  }

  /** State and history, once. */
  private settle(outcome: PermitOutcome): void {
    this.ended = true;
    const { runtime } = this.exchange;
    const nowMs = runtime.clock.nowMs();
    this.record.endedMs = nowMs;
    runtime.wheel.disarm(this.timer);
    this.exchange.attempt = undefined;
    this.permit.settle(outcome, nowMs);
  }

  /** `limitMs` counts from the attempt's start. Where several limits apply, the least wins. */
  private waitUntil(limitMs: number, failure: DeadlineFailure): void {
    const { plan, record, exchange } = this;
    const { attemptMs, firstTokenMs } = plan.timeouts;
    let leastMs = limitMs;
    this.deadlineFailure = failure;
    if (exchange.record.stream && firstTokenMs < leastMs && record.progress !== 'Committed') {
      leastMs = firstTokenMs;
      this.deadlineFailure = 'FirstTokenTimeout';
    }
    if (attemptMs <= leastMs) {
      leastMs = attemptMs;
      const requestLeftMs = (exchange.facts?.deadlineMs ?? Infinity) - record.startedMs;
      this.deadlineFailure = requestLeftMs <= attemptMs ? 'RequestTimeout' : 'AttemptTimeout';
    }
    exchange.runtime.wheel.arm(this.timer, record.startedMs + leastMs);
  }

  private watchBody(fromMs: number): void {
    this.waitUntil(fromMs - this.record.startedMs + this.idleMs, 'StreamIdleTimeout');
  }

  private onDeadline(): void {
    if (this.ended) return;
    const failure = this.deadlineFailure;
    if (failure === 'StreamIdleTimeout') {
      const nowMs = this.exchange.runtime.clock.nowMs();
      // Reads only note their time; the deadline is moved here, once, instead of at every chunk. And a stream that
      // waits for a slow client isn't idle.
      const aliveMs = this.reader?.isBlocked === true ? nowMs : this.lastReadMs;
      if (nowMs < aliveMs + this.idleMs) {
        this.watchBody(aliveMs);
        return;
      }
    }
    this.reader?.onCut?.();
    if (this.ended) this.call?.abort();
    else this.fail(failure, '');
  }
}
