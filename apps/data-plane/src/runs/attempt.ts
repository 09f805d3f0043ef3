import { RequestFault } from '#libs/dialects';
import type { TransportFailure, UpstreamResult } from '#libs/inference';
import { profileOf } from '#libs/providers';
import type { AttemptPlan } from '#libs/routing';
import { type Egress, egressOf } from '../egress/egress.js';
import type { FaultOwner } from '../errors/fault-owner.js';
import { AttemptRecord, type RequestRecord } from '../record/request-record.js';
import type { BackendState } from '../state/backend-state.js';
import type { Permit, PermitOutcome } from '../state/permit.js';
import { Timer } from '../time/timer-wheel.js';
import type { UpstreamCall, UpstreamHandler } from '../upstream/transport.js';
import { AttemptDeadline, type DeadlineFailure } from './attempt-deadline.js';
import { GuardedHandler } from './guarded-handler.js';
import { rateLimitHeaders } from './rate-limit-headers.js';
import { Relay, type RelayOwner, type RunOutput } from './relay.js';
import type { RunServices } from './run-services.js';
import type { RunSubject } from './subject.js';

/** The run that an attempt is made for. */
export interface AttemptRun extends RunOutput {
  readonly subject: RunSubject;
  readonly record: RequestRecord;
  readonly services: RunServices;
}

/** Whose attempt it is. */
export interface AttemptOwner extends FaultOwner {
  readonly run: AttemptRun;
  /** Its answer begins. False: another's has already. */
  won(attempt: Attempt): boolean;
  /** It is over, and has given back what it held. */
  settled(attempt: Attempt): void;
  /** It has settled without an answer: what now? */
  failed(): void;
}

/** Reads of a stream that follow each other within this are a burst: the next waits until more has come. */
const BURST_MS = 2;

/**
 * One upstream call from permit to outcome. It ends exactly once, by `succeed`, `fail`, `reject` or `cancel`; whatever
 * the transport or a timer says after that is not heard. It answers to its loop, and knows no client.
 */
export class Attempt implements UpstreamHandler, RelayOwner {
  readonly record: AttemptRecord;
  private readonly owner: AttemptOwner;
  private readonly plan: AttemptPlan;
  private readonly permit: Permit;
  private readonly backend: BackendState;
  private readonly egress: Egress;
  private readonly timer: Timer;
  private readonly deadline: AttemptDeadline;
  private call: UpstreamCall | undefined = undefined;
  private relay: Relay | undefined = undefined;
  private lastReadMs = 0;
  /** How long the body may be silent. */
  private idleMs: number;
  /** A stream's content is on its way. */
  private isRelaying = false;
  /** Only its end isn't there. */
  private isEnding = false;
  private ended = false;

  constructor(owner: AttemptOwner, plan: AttemptPlan, permit: Permit) {
    const { services, subject, record } = owner.run;
    const { candidate, key, step, timeouts } = plan;
    const startedMs = services.clock.nowMs();
    const backend = subject.table.backend(candidate);
    this.owner = owner;
    this.plan = plan;
    this.permit = permit;
    this.backend = backend;
    this.egress = egressOf(services.egresses, backend.entry.dialect);
    this.idleMs = timeouts.streamIdleMs;
    this.timer = new Timer(owner, () => this.onDeadline());
    this.deadline = new AttemptDeadline(timeouts, subject.facts.deadlineMs - startedMs);
    this.record = new AttemptRecord({
      number: record.attempts.length + 1,
      step,
      backend: candidate.backend,
      provider: backend.provider,
      vendor: candidate.entry.vendor,
      upstreamModel: candidate.entry.upstreamName,
      serverAddress: backend.serverAddress,
      serverPort: backend.serverPort,
      pool: candidate.entry.keyPool,
      key: key.name,
      spanId: services.ids.spanId(),
      startedMs,
    });
    record.attempts.push(this.record);
  }

  start(): void {
    const { owner, backend, permit, plan } = this;
    const { services, subject } = owner.run;
    this.waitUntil(plan.timeouts.connectMs, 'ConnectTimeout');
    const call = this.egress.build(subject.request, backend, permit.credential.value);
    if (call instanceof RequestFault) {
      this.refuse(call);
      return;
    }
    const { path, headers, body } = call;
    this.record.dropped = call.dropped;
    this.call = services.transport.send(
      { target: backend.target, path, always: backend.headers, headers, body },
      new GuardedHandler(this, owner),
    );
    // An answer may have come before the handle did.
    if (this.ended) this.call.abort();
  }

  onSent(): void {
    if (this.ended) return;
    this.record.sentMs = this.nowMs();
    this.record.progress = 'Sent';
    this.waitUntil(this.plan.timeouts.firstByteMs, 'FirstByteTimeout');
  }

  onHead(status: number, headers: readonly string[]): void {
    if (this.ended) return;
    const nowMs = this.nowMs();
    this.record.status = status;
    this.record.headersMs = nowMs;
    this.record.progress = 'Headers';
    this.lastReadMs = nowMs;
    const { run } = this.owner;
    if (run.record.exposeRouting) this.record.rateLimitHeaders = rateLimitHeaders(headers);
    this.relay = new Relay(this, run, this.egress, { status, headers });
    if (!this.ended) this.watchBody(nowMs);
  }

  onData(chunk: Buffer): boolean {
    if (this.ended || this.relay === undefined) return true;
    return this.relay.onData(chunk);
  }

  onRead(frames: Buffer | undefined): void {
    if (this.ended || this.relay === undefined) return;
    this.relay.onRead(frames);
    // What comes behind the end marker is no sign of life.
    if (this.isEnding) return;
    const nowMs = this.nowMs();
    if (this.isRelaying && nowMs - this.lastReadMs < BURST_MS) this.call?.rest();
    this.lastReadMs = nowMs;
  }

  onEnd(): void {
    if (!this.ended) this.relay?.onEnd();
  }

  onFailure(failure: TransportFailure, detail: string): void {
    if (this.ended) return;
    this.relay?.onCut();
    if (!this.ended) this.fail(failure, detail);
  }

  drained(): void {
    if (this.ended || this.relay === undefined) return;
    this.relay.isBlocked = false;
    // Nothing was read meanwhile, whatever the upstream has sent.
    this.lastReadMs = this.nowMs();
    this.call?.resume();
  }

  /** The commit point: the first content of a stream, or the whole of a plain answer. False: nobody takes what follows. */
  commit(): boolean {
    if (!this.owner.won(this)) return false;
    const nowMs = this.nowMs();
    const { record } = this;
    record.progress = 'Committed';
    record.committedMs = nowMs;
    this.permit.committed(nowMs);
    if (!this.owner.run.record.stream) return true;
    this.owner.run.committed(nowMs);
    // The run may have ended by it: nobody takes what follows.
    if (this.ended) return false;
    this.watchBody(nowMs);
    this.isRelaying = true;
    return true;
  }

  /** All that matters is there; only the end itself may still take this long. */
  expectEnd(withinMs: number): void {
    if (this.isEnding) return;
    this.isEnding = true;
    this.idleMs = withinMs;
    this.watchBody(this.nowMs());
  }

  /** The answer is whole. The caller has said so to the client, or is about to. */
  succeed(): void {
    this.record.outcome = 'Success';
    this.settle(success);
  }

  /** The transport or a rule of ours ended it: no (usable) answer. */
  fail(failure: TransportFailure, detail: string): void {
    this.conclude({ status: this.record.status, headers: {}, body: '', failure }, failure, detail);
  }

  /** The upstream answered with an error. */
  reject(result: UpstreamResult): void {
    this.conclude(result, '', '');
  }

  /** Nobody wants the answer any more. */
  cancel(): void {
    if (this.ended) return;
    this.record.outcome = 'Cancelled';
    this.breakOff(cancelled);
  }

  /** The client asks for what can't be said in the provider's dialect. The provider never hears of it. */
  private refuse({ code, param, message }: RequestFault): void {
    const { record } = this;
    record.outcome = 'InvalidRequest';
    record.code = code;
    record.param = param ?? '';
    record.message = message;
    this.settle(cancelled);
    this.owner.failed();
  }

  private conclude(result: UpstreamResult, code: string, detail: string): void {
    if (this.ended) return;
    const outcome = profileOf(this.backend.entry.vendor).classify(result, this.owner.run.services.clock.epochMs());
    const { record } = this;
    const errorClass = outcome.class ?? 'ServerError';
    record.outcome = errorClass;
    record.code = outcome.code ?? code;
    record.param = outcome.param ?? '';
    record.message = detail === '' ? (outcome.message ?? '') : `${outcome.message ?? ''} (${detail})`;
    record.retryAfterMs = outcome.retryAfterMs;
    // What this process lacks must not eject a backend that works. What ejects one is told with the code of a failure.
    const told = { ...outcome, ok: false, class: errorClass, code: record.code };
    this.breakOff(result.failure === 'OutOfSockets' ? cancelled : told);
    this.owner.failed();
  }

  /** What is no longer wanted goes on costing until it is aborted: whatever settling runs into. */
  private breakOff(outcome: PermitOutcome): void {
    try {
      this.settle(outcome);
    } finally {
      this.call?.abort();
    }
  }

  /** State and history, once. */
  private settle(outcome: PermitOutcome): void {
    this.ended = true;
    const { record, owner } = this;
    record.endedMs = this.nowMs();
    owner.run.services.wheel.disarm(this.timer);
    owner.settled(this);
    try {
      record.usage ??= this.relay?.estimate();
    } finally {
      // Last: what is given back wakes others.
      this.permit.settle(outcome, record.endedMs);
    }
  }

  /** `limitMs` counts from the attempt's start. Where several limits apply, the least wins. */
  private waitUntil(limitMs: number, failure: DeadlineFailure): void {
    if (this.ended) return;
    const { record, owner, deadline } = this;
    const waitsForToken = owner.run.record.stream && record.progress !== 'Committed';
    owner.run.services.wheel.arm(this.timer, record.startedMs + deadline.least(limitMs, failure, waitsForToken));
  }

  private watchBody(fromMs: number): void {
    this.waitUntil(fromMs - this.record.startedMs + this.idleMs, 'StreamIdleTimeout');
  }

  private onDeadline(): void {
    if (this.ended) return;
    const { failure } = this.deadline;
    if (failure === 'StreamIdleTimeout') {
      // Reads only note their time; the deadline is moved here, once, instead of at every chunk. And a stream that
      // waits for a slow client isn't idle.
      const nowMs = this.nowMs();
      const aliveMs = this.relay?.isBlocked === true ? nowMs : this.lastReadMs;
      if (nowMs < aliveMs + this.idleMs) {
        this.watchBody(aliveMs);
        return;
      }
    }
    this.relay?.onCut();
    if (this.ended) this.call?.abort();
    else this.fail(failure, '');
  }

  private nowMs(): number {
    return this.owner.run.services.clock.nowMs();
  }
}

const success: PermitOutcome = { ok: true };
/** Nothing was learnt of the provider. */
const cancelled: PermitOutcome = { ok: false, class: 'Cancelled' };
