import type { Outcome } from '#libs/inference';
import { type AttemptPlan, type BreakerResult, breakerResult, resultAfterCommit } from '#libs/routing';
import type { ResolvedCredential } from '../credentials/credential-source.js';
import type { Breakers } from './breakers.js';
import type { CredentialHealth } from './credential-health.js';
import type { FailureCause } from './events.js';
import type { KeyLimiter } from './key-limiter.js';
import type { BackendSeat } from './seat.js';
import { always, type WaitingLines } from './waiting-lines.js';

/** Where a permit comes from and goes back to. */
export interface PermitHome {
  readonly breakers: Breakers;
  readonly credentials: CredentialHealth;
  readonly lines: WaitingLines;
  /** Permits taken back since the start. */
  returned: number;
}

/** What `admit` took for an attempt. */
export interface Taken {
  readonly plan: AttemptPlan;
  readonly seat: BackendSeat;
  readonly credential: ResolvedCredential;
  readonly limiter: KeyLimiter;
  /** Of the breaker, once the attempt had begun. */
  readonly epoch: number;
  /** The attempt shows whether a key has quota again. */
  readonly isTrial: boolean;
}

/** What state is told of an attempt's end. */
export type PermitOutcome = Pick<Outcome, 'ok' | 'class' | 'code' | 'about' | 'retryAfterMs'>;

/**
 * The right to make one attempt: a place among the breaker's probes, a key, a place in its quota group, a connection. It
 * is given back once, by `settle`; what comes after that is not heard.
 */
export class Permit {
  readonly credential: ResolvedCredential;
  private readonly state: PermitHome;
  private readonly taken: Taken;
  private epoch: number;
  private isTrial: boolean;
  private phase: 'Running' | 'Committed' | 'Settled' = 'Running';

  constructor(state: PermitHome, taken: Taken) {
    this.state = state;
    this.taken = taken;
    this.credential = taken.credential;
    this.epoch = taken.epoch;
    this.isTrial = taken.isTrial;
  }

  /** The answer has content: breaker and key have shown that they work, however long the rest takes. */
  committed(nowMs: number): void {
    if (this.phase !== 'Running') return;
    this.phase = 'Committed';
    const { seat } = this.taken;
    const { phase } = seat.breaker.state;
    const heldOthersUp = phase === 'HalfOpen' || this.isTrial;
    this.breakerHears('Success', noCause, nowMs);
    if (seat.breaker.state.phase !== phase) this.epoch = seat.breaker.state.epoch;
    this.keyHears({ ok: true }, nowMs);
    if (heldOthersUp) this.state.lines.wake(always(seat.entry.keyPool));
  }

  /** The attempt is over: everything is given back, and what it came to is learnt from. Counts once. */
  settle(outcome: PermitOutcome, nowMs: number): void {
    if (this.phase === 'Settled') return;
    const { breaker } = this.taken.seat;
    let wasProbe = false;
    try {
      if (outcome.ok) this.committed(nowMs);
      wasProbe = breaker.state.phase === 'HalfOpen';
      this.learn(outcome, nowMs);
    } finally {
      // Whatever learning ran into.
      this.phase = 'Settled';
      this.giveBack(wasProbe);
    }
  }

  private learn(outcome: PermitOutcome, nowMs: number): void {
    const errorClass = outcome.ok ? undefined : (outcome.class ?? 'ServerError');
    const result =
      this.phase === 'Committed'
        ? resultAfterCommit(errorClass)
        : breakerResult(errorClass, this.taken.seat.breaker.state.phase);
    this.breakerHears(result, { errorClass: errorClass ?? '', code: outcome.code ?? '' }, nowMs);
    this.keyHears(outcome, nowMs);
  }

  private breakerHears(result: BreakerResult | undefined, cause: FailureCause, nowMs: number): void {
    if (result === undefined) return;
    const { breaker, entry } = this.taken.seat;
    this.state.breakers.heard(breaker, entry, { result, epoch: this.epoch, cause, nowMs });
  }

  private keyHears({ ok, class: errorClass, code = '', about, retryAfterMs }: PermitOutcome, nowMs: number): void {
    const { credentials } = this.state;
    const { seat, plan } = this.taken;
    const { version } = this.credential;
    const failed = ok ? undefined : (errorClass ?? 'ServerError');
    credentials.heard(seat, plan.key, { version, errorClass: failed, code, about, retryAfterMs, nowMs });
    this.endTrial();
  }

  private endTrial(): void {
    if (!this.isTrial) return;
    this.isTrial = false;
    this.state.credentials.trialEnds(this.taken.plan.key, this.credential.version);
  }

  private giveBack(wasProbe: boolean): void {
    this.endTrial();
    const { limiter, seat } = this.taken;
    const { connections, entry } = seat;
    limiter.release();
    connections.inUse -= 1;
    seat.load.inFlight -= 1;
    this.state.returned += 1;
    const { lines } = this.state;
    if (lines.depth(entry.keyPool) === 0 && lines.depth(connections.id) === 0) return;
    const keysLeft = limiter.inFlight;
    const connectionsLeft = connections.inUse;
    lines.wake(wasProbe ? always(entry.keyPool) : { line: entry.keyPool, isFree: () => limiter.inFlight <= keysLeft }, {
      line: connections.id,
      isFree: () => connections.inUse <= connectionsLeft,
    });
  }
}

const noCause: FailureCause = { errorClass: '', code: '' };
