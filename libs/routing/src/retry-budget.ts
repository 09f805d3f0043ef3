import type { RetryPolicy } from '#libs/routing-table';

const slots = 10;
/** Prices in integers, so that no rounding adds up: a request pays in `percent`, a retry takes 100. */
const withdrawal = 100;

/**
 * How many retries a route may make: `percent` of its requests over the last interval, and a floor of `minPerSecond`. Ten
 * slots of a tenth of the interval each; what a slot holds is forgotten with it. Which attempts are retries in this
 * sense, `decide` says (`drawsOnRetryBudget`).
 */
export class RetryBudget {
  private readonly balances = new Float64Array(slots);
  private readonly policy: RetryPolicy['budget'];
  private readonly slotMs: number;
  private readonly reserve: number;
  private readonly deposit: number;
  private tick = 0;

  constructor(policy: RetryPolicy['budget']) {
    const { percent, intervalMs, minPerSecond } = policy;
    this.policy = policy;
    this.slotMs = intervalMs / slots;
    this.reserve = Math.round((minPerSecond * intervalMs * withdrawal) / 1000);
    this.deposit = Math.round(percent);
  }

  /** A request arrived. */
  request(nowMs: number): void {
    this.add(nowMs, this.deposit);
  }

  /** A retry starts. Not checked against the balance: `decide` was asked before. */
  retry(nowMs: number): void {
    this.add(nowMs, -withdrawal);
  }

  /** Whole retries that may be made now; negative when concurrent requests overdrew it. Only reads. */
  balance(nowMs: number): number {
    const tick = Math.floor(nowMs / this.slotMs);
    let sum = this.reserve;
    for (let at = Math.max(tick, this.tick) - slots + 1; at <= this.tick; at++) sum += this.balances[at % slots] ?? 0;
    return Math.floor(sum / withdrawal);
  }

  /** A budget of the same balance, for imagining. */
  copy(): RetryBudget {
    const copy = new RetryBudget(this.policy);
    copy.balances.set(this.balances);
    copy.tick = this.tick;
    return copy;
  }

  private add(nowMs: number, amount: number): void {
    this.advance(nowMs);
    const slot = this.tick % slots;
    this.balances[slot] = this.balances[slot]! + amount;
  }

  private advance(nowMs: number): void {
    const tick = Math.floor(nowMs / this.slotMs);
    for (let stale = Math.max(this.tick + 1, tick - slots + 1); stale <= tick; stale++)
      this.balances[stale % slots] = 0;
    this.tick = Math.max(this.tick, tick);
  }
}
