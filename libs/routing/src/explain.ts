import type { ErrorClass, Outcome, Progress } from '#libs/inference';
import type { RouteEntry } from '#libs/routing-table';
import type { RequestFacts } from './context.js';
import { decide } from './decide.js';
import type { AttemptPlan, AttemptTimeouts, Step, StopCode, Wait } from './decision.js';
import type { HistoryEntry } from './history.js';
import type { PassedOver } from './passed-over.js';
import type { PreparedRoute } from './prepared-route.js';
import type { Advancing, StateView } from './state-view.js';

/** How an attempt is imagined to end. */
export interface ImaginedOutcome {
  readonly outcome: 'Success' | ErrorClass;
  /** From its start to its end; 0 unless said. */
  readonly tookMs?: number;
  /** How far a failure got; `Headers` unless said. */
  readonly progress?: Progress;
  readonly code?: string;
  readonly about?: Outcome['about'];
  readonly retryAfterMs?: number;
}

/** State that may be imagined with: a copy, so that nothing is consumed or counted. It must do what the state itself does. */
export interface ImaginedState extends StateView, Advancing {
  /** A request has come to the route. */
  arrive(route: RouteEntry, nowMs: number): void;
  /** A string: why not. */
  admit(plan: AttemptPlan, nowMs: number): ImaginedPermit | string;
}

export interface ImaginedPermit {
  committed(nowMs: number): void;
  settle(outcome: Pick<Outcome, 'ok' | 'class' | 'code' | 'about' | 'retryAfterMs'>, nowMs: number): void;
}

/** What a request would do, one thing after the other. Names only: it can be shown to whoever may see the routing. */
export type ExplainedStep =
  | {
      readonly type: 'Attempt';
      readonly atMs: number;
      /** From 1. */
      readonly number: number;
      readonly backend: string;
      readonly pool: string;
      readonly key: string;
      readonly step: Step;
      readonly drawsOnRetryBudget: boolean;
      readonly timeouts: AttemptTimeouts;
      /** How it is imagined to end. */
      readonly outcome: ImaginedOutcome;
      readonly passedOver: readonly PassedOver[];
    }
  /** State had moved between the decision and the attempt, or the key has no value: decided anew. */
  | {
      readonly type: 'Refused';
      readonly atMs: number;
      readonly backend: string;
      readonly key: string;
      readonly reason: string;
    }
  | ({ readonly type: 'Wait'; readonly atMs: number } & Wait)
  | { readonly type: 'Answered'; readonly atMs: number; /** The attempt's. */ readonly number: number }
  | {
      readonly type: 'Stop';
      readonly atMs: number;
      readonly code: StopCode;
      readonly retryAfterMs?: number;
      /** Number of the attempt that the client's error is made of; absent: none has ended. */
      readonly last?: number;
      readonly passedOver: readonly PassedOver[];
    };

export interface Imagined {
  readonly route: PreparedRoute;
  readonly facts: RequestFacts;
  readonly state: ImaginedState;
  readonly nowMs: number;
  readonly seed: number;
  /** Of the attempts in the order of their starts; those that are missing succeed. */
  readonly outcomes: readonly ImaginedOutcome[];
}

/** More than any request makes: a defect must not keep whoever explains from everything else. */
const MAX_TURNS = 1_000;

const success: ImaginedOutcome = { outcome: 'Success' };

/** A fold of `decide` over imagined outcomes: what it shows is what a request with this seed would do. */
export function explain(imagined: Imagined): readonly ExplainedStep[] {
  return new Imagination(imagined).run();
}

/** An attempt that takes longer than it may is ended by its deadline. */
function withinLimit(outcome: ImaginedOutcome, { attemptMs }: AttemptTimeouts): ImaginedOutcome {
  const { tookMs = 0 } = outcome;
  return tookMs < attemptMs ? outcome : { outcome: 'Timeout', tookMs: attemptMs, progress: 'Sent' };
}

/** An attempt that is under way. */
interface Running {
  readonly entry: { -readonly [Member in keyof HistoryEntry]: HistoryEntry[Member] };
  readonly permit: ImaginedPermit;
  readonly outcome: ImaginedOutcome;
  readonly endsMs: number;
}

class Imagination {
  private readonly steps: ExplainedStep[] = [];
  private readonly history: HistoryEntry[] = [];
  private running: Running[] = [];
  private nowMs: number;

  constructor(private readonly imagined: Imagined) {
    this.nowMs = imagined.nowMs;
  }

  run(): readonly ExplainedStep[] {
    const { route, facts, state, seed } = this.imagined;
    state.arrive(route.entry, facts.startedMs);
    for (let turn = 0; turn < MAX_TURNS; turn += 1) {
      state.advance(this.nowMs);
      const decision = decide(route, facts, this.history, state, this.nowMs, seed);
      if (decision.stop !== undefined) {
        const { last, ...stop } = decision.stop;
        const number = last === undefined ? undefined : this.history.indexOf(last) + 1;
        this.steps.push({ type: 'Stop', atMs: this.nowMs, ...stop, last: number });
        return this.steps;
      }
      if (decision.wait !== undefined) {
        if (this.pass(decision.wait)) return this.steps;
        continue;
      }
      for (const plan of decision.attempts) this.start(plan, decision.passedOver);
    }
    throw new Error('routing decided, again and again, without an end');
  }

  private start(plan: AttemptPlan, passedOver: readonly PassedOver[]): void {
    const { candidate, key, step, drawsOnRetryBudget, timeouts } = plan;
    const { backend, entry } = candidate;
    const permit = this.imagined.state.admit(plan, this.nowMs);
    if (typeof permit === 'string') {
      this.steps.push({ type: 'Refused', atMs: this.nowMs, backend, key: key.name, reason: permit });
      return;
    }
    const outcome = withinLimit(this.imagined.outcomes[this.history.length] ?? success, timeouts);
    const names = { backend, pool: entry.keyPool, key: key.name };
    const attempt: Running['entry'] = { ...names, outcome: 'Pending', progress: 'Sent', startedMs: this.nowMs };
    this.history.push(attempt);
    this.running.push({ entry: attempt, permit, outcome, endsMs: this.nowMs + (outcome.tookMs ?? 0) });
    const number = this.history.length;
    const shown = { ...names, step, drawsOnRetryBudget, timeouts, outcome, passedOver };
    this.steps.push({ type: 'Attempt', atMs: this.nowMs, number, ...shown });
  }

  /** Until the wait is over or the next attempt ends, whichever is first. True: one has answered. */
  private pass(wait: Wait): boolean {
    const [next] = this.running.toSorted((a, b) => a.endsMs - b.endsMs);
    if (wait.for !== 'Pending') this.steps.push({ type: 'Wait', atMs: this.nowMs, ...wait });
    const overMs = this.nowMs + wait.ms;
    // Nothing that is imagined ends such a wait.
    if (next === undefined && overMs === Infinity) return true;
    if (next === undefined || next.endsMs > overMs) {
      this.nowMs = overMs;
      return false;
    }
    this.nowMs = next.endsMs;
    return this.end(next);
  }

  private end(ended: Running): boolean {
    this.running = this.running.filter((one) => one !== ended);
    const { entry, permit, outcome } = ended;
    const { code, about, retryAfterMs } = outcome;
    entry.outcome = outcome.outcome;
    entry.endedMs = this.nowMs;
    entry.retryAfterMs = retryAfterMs;
    if (outcome.outcome === 'Success') {
      entry.progress = 'Committed';
      permit.settle({ ok: true }, this.nowMs);
      for (const other of this.running) other.permit.settle({ ok: false, class: 'Cancelled' }, this.nowMs);
      this.steps.push({ type: 'Answered', atMs: this.nowMs, number: this.history.indexOf(entry) + 1 });
      return true;
    }
    entry.progress = outcome.progress ?? 'Headers';
    if (entry.progress === 'Committed') permit.committed(this.nowMs);
    permit.settle({ ok: false, class: outcome.outcome, code, about, retryAfterMs }, this.nowMs);
    return false;
  }
}
