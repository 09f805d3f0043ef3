import type { AttemptPlan, Decision, Stop, Wait } from '#libs/routing';
import { GatewayError } from '../errors/error-table.js';
import type { FaultOwner } from '../errors/fault-owner.js';
import type { RequestRecord } from '../record/request-record.js';
import { Permit } from '../state/permit.js';
import { Waiter } from '../state/waiting-lines.js';
import { Timer } from '../time/timer-wheel.js';
import { Attempt, type AttemptOwner } from './attempt.js';
import type { RunOutput } from './relay.js';
import type { RunServices } from './run-services.js';
import type { RunSubject } from './subject.js';

/** Decisions in one go of which none leads to an attempt: far more than there can be reasons. */
const MAX_TURNS = 100;

type AttemptsDecision = Extract<Decision, { readonly attempts: object }>;

/** Whose attempts these are. */
export interface LoopOwner extends RunOutput, FaultOwner {
  readonly subject: RunSubject;
  readonly record: RequestRecord;
  readonly services: RunServices;
  /** None is under way, and none will follow. */
  stopped(stop: Stop): void;
  fail(error: GatewayError): void;
}

/**
 * The one loop of streams and plain answers alike: decide, admit, start, and with each outcome decide again. It owns its
 * attempts (several, where routing asks for several), their timer and their waits; it returns where there is something to
 * wait for, and is entered again by what ends the wait. The first attempt whose answer begins has won: the others are
 * cancelled, and what they have cost is in the record.
 */
export class AttemptLoop implements AttemptOwner {
  readonly run: LoopOwner;
  private readonly pending: Attempt[] = [];
  private winner: Attempt | undefined = undefined;
  /** Made where a run first waits. */
  private timer: Timer | undefined = undefined;
  private waiter: Waiter | undefined = undefined;
  private isOver = false;

  constructor(run: LoopOwner) {
    this.run = run;
  }

  /** Goes on as far as it can. */
  proceed(): void {
    const { run } = this;
    const { subject, record, services } = run;
    for (let turn = 0; turn < MAX_TURNS; turn += 1) {
      if (this.isOver) return;
      if (this.isRevoked()) {
        run.fail(new GatewayError('invalid_api_key', 'The API key was revoked while the request was running.'));
        return;
      }
      const nowMs = services.clock.nowMs();
      subject.table.advance(nowMs);
      const decision = services.decide(
        subject.route,
        subject.facts,
        record.attempts,
        subject.table,
        nowMs,
        subject.seed,
      );
      if (decision.stop !== undefined) {
        run.stopped(decision.stop);
        return;
      }
      if (decision.wait !== undefined) {
        this.waitFor(decision.wait, nowMs);
        return;
      }
      // Where others may be due later, the next decision says when.
      if (this.startSome(decision, nowMs) && (decision.mayAdd === undefined || this.winner !== undefined)) return;
    }
    throw new Error('routing chose, again and again, what could not be started');
  }

  /** The client has read what was written. */
  drained(): void {
    this.winner?.drained();
  }

  /** Nobody waits any longer, or all is said: whatever is under way is cancelled, and nothing further starts. */
  end(): void {
    this.isOver = true;
    this.stopWaiting();
    this.cancelOthers(undefined);
  }

  /** True: its answer is the run's. */
  won(attempt: Attempt): boolean {
    if (this.winner === undefined) {
      this.winner = attempt;
      this.cancelOthers(attempt);
    }
    return this.winner === attempt;
  }

  /** It has settled; its outcome is in the record. */
  settled(attempt: Attempt): void {
    const at = this.pending.indexOf(attempt);
    if (at >= 0) this.pending.splice(at, 1);
  }

  /** It has settled without an answer. */
  failed(): void {
    if (this.isOver) return;
    this.stopWaiting();
    this.proceed();
  }

  fault(error: unknown): void {
    this.run.fault(error);
  }

  /** False: nothing of it could be started; the state now says why. */
  private startSome({ attempts, passedOver }: AttemptsDecision, nowMs: number): boolean {
    const { run } = this;
    let isStarted = false;
    for (const plan of attempts) {
      if (this.isOver || this.winner !== undefined) return true;
      const permit = run.subject.table.admit(plan, nowMs);
      if (!(permit instanceof Permit)) continue;
      const attempt = this.attemptWith(plan, permit);
      attempt.record.passedOver = passedOver;
      this.pending.push(attempt);
      isStarted = true;
      attempt.start();
    }
    return isStarted;
  }

  private attemptWith(plan: AttemptPlan, permit: Permit): Attempt {
    try {
      return new Attempt(this, plan, permit);
    } catch (error) {
      permit.settle({ ok: false, class: 'Cancelled' }, this.run.services.clock.nowMs());
      throw error;
    }
  }

  private waitFor(wait: Wait, nowMs: number): void {
    const { wheel, routing } = this.run.services;
    this.run.record.passedOver = wait.passedOver;
    this.timer ??= new Timer(this, () => this.resume());
    if (wait.ms !== Infinity) wheel.arm(this.timer, nowMs + wait.ms);
    if (wait.pools.length + wait.connections.length === 0) return;
    this.waiter ??= new Waiter(() => this.wake());
    routing.lines.wait(wait, this.waiter);
  }

  private stopWaiting(): void {
    const { wheel, routing } = this.run.services;
    if (this.timer !== undefined) wheel.disarm(this.timer);
    if (this.waiter !== undefined) routing.lines.leave(this.waiter);
  }

  /** Called where another request gave something back: what this one runs into is not for that one. */
  private wake(): void {
    try {
      this.resume();
    } catch (error) {
      this.fault(error);
    }
  }

  /** Time has passed, or something was given back. */
  private resume(): void {
    if (this.isOver) return;
    this.stopWaiting();
    this.proceed();
  }

  private cancelOthers(winner: Attempt | undefined): void {
    let fault: { readonly error: unknown } | undefined;
    for (const attempt of this.pending.slice()) {
      if (attempt === winner) continue;
      try {
        attempt.cancel();
      } catch (error) {
        // The others are cancelled all the same.
        fault ??= { error };
      }
    }
    if (fault !== undefined) throw fault.error;
  }

  /** A newer table may have lost the API key: then nothing further is started with it. */
  private isRevoked(): boolean {
    const { services, subject } = this.run;
    const { current } = services.tables;
    if (current === undefined || current === subject.table) return false;
    return current.view.ownerOf(subject.consumer.sha256) === undefined;
  }
}
