import {
  type BreakerResult,
  type BreakerState,
  breakerHeard,
  breakerStarted,
  countsAsFailure,
  mayEject,
  newBreaker,
} from '#libs/routing';
import type { BackendEntry, BreakerPolicy } from '#libs/routing-table';
import type { FailureCause, StateListener } from './events.js';
import { IdentityMap } from './identity-map.js';

/** How many breakers of a provider have been used, and which of them are open. */
class ProviderBreakers {
  /** Used or not. */
  cells = 0;
  population = 0;
  /** By id, until when. One whose time is over stays until it is asked or a place is wanted. */
  readonly openUntilMs = new Map<string, number>();
  /** Until then none of them leaves its place by time: nobody looks. */
  private noneIsOverUntilMs = Infinity;

  opened(id: string, untilMs: number): void {
    this.openUntilMs.set(id, untilMs);
    if (untilMs < this.noneIsOverUntilMs) this.noneIsOverUntilMs = untilMs;
  }

  /** Once, whichever of its breakers are copied: where none has been used, none is open. */
  adopt({ population, openUntilMs }: ProviderBreakers): void {
    if (this.population > 0) return;
    this.population = population;
    for (const [id, untilMs] of openUntilMs) this.opened(id, untilMs);
  }

  /** One whose time is over lets probes through, asked or not: it holds no place. */
  mayOpenAnother(policy: BreakerPolicy, nowMs: number): boolean {
    if (mayEject(policy, this.openUntilMs.size, this.population)) return true;
    if (nowMs < this.noneIsOverUntilMs) return false;
    this.noneIsOverUntilMs = Infinity;
    for (const [id, untilMs] of this.openUntilMs) {
      if (untilMs <= nowMs) this.openUntilMs.delete(id);
      else if (untilMs < this.noneIsOverUntilMs) this.noneIsOverUntilMs = untilMs;
    }
    return mayEject(policy, this.openUntilMs.size, this.population);
  }
}

/** One breaker's current state. */
export class BreakerCell {
  state: BreakerState = newBreaker;
  isUsed = false;
  /** Since when it is in its phase; 0: always. */
  sinceMs = 0;
  /** What opened it last. */
  openedBy: FailureCause = noCause;

  constructor(
    readonly id: string,
    readonly provider: ProviderBreakers,
  ) {}
}

const noCause: FailureCause = { errorClass: '', code: '' };

/** A result, and what it came of. */
export interface BreakerNews {
  readonly result: BreakerResult;
  readonly epoch: number;
  readonly cause: FailureCause;
  readonly nowMs: number;
}

/** Holds the breakers by identity; what they do is in `libs/routing`. */
export class Breakers {
  readonly byId = new IdentityMap(
    (id) => this.create(id),
    (cell) => this.drop(cell),
  );
  private readonly providers = new Map<string, ProviderBreakers>();
  private readonly listener: StateListener;

  constructor(listener: StateListener) {
    this.listener = listener;
  }

  of({ breakerId }: BackendEntry): BreakerCell {
    return this.byId.get(breakerId);
  }

  /** An attempt starts. Returns the epoch to give back with its result. */
  started(cell: BreakerCell, nowMs: number): number {
    if (!cell.isUsed) {
      cell.isUsed = true;
      cell.provider.population += 1;
    }
    this.move(cell, breakerStarted(cell.state, nowMs), nowMs, noCause);
    return cell.state.epoch;
  }

  heard(cell: BreakerCell, { breaker }: BackendEntry, { result, epoch, cause, nowMs }: BreakerNews): void {
    const ejectable = countsAsFailure(result) && cell.provider.mayOpenAnother(breaker, nowMs);
    this.move(cell, breakerHeard(cell.state, breaker, { result, epoch, ejectable, nowMs }), nowMs, cause);
  }

  /** By a person: closed, with nothing counted; what attempts under way come to counts no more. Returns what it was. */
  reset(cell: BreakerCell, nowMs: number): BreakerState['phase'] {
    const { phase, epoch } = cell.state;
    this.move(cell, { ...newBreaker, epoch: epoch + 1 }, nowMs, noCause, 'Operator');
    return phase;
  }

  /** A breaker in the same state among as many, for imagining. */
  adopt(cell: BreakerCell): void {
    const copy = this.byId.get(cell.id);
    copy.provider.adopt(cell.provider);
    copy.isUsed = cell.isUsed;
    copy.state = cell.state;
    copy.sinceMs = cell.sinceMs;
    copy.openedBy = cell.openedBy;
  }

  private create(id: string): BreakerCell {
    const name = providerOf(id);
    let provider = this.providers.get(name);
    if (provider === undefined) this.providers.set(name, (provider = new ProviderBreakers()));
    provider.cells += 1;
    return new BreakerCell(id, provider);
  }

  private drop({ id, provider, isUsed }: BreakerCell): void {
    if (isUsed) provider.population -= 1;
    provider.openUntilMs.delete(id);
    provider.cells -= 1;
    if (provider.cells === 0) this.providers.delete(providerOf(id));
  }

  private move(
    cell: BreakerCell,
    next: BreakerState,
    nowMs: number,
    cause: FailureCause,
    by: 'Probes' | 'Operator' = 'Probes',
  ): void {
    const { id, provider, state: before } = cell;
    cell.state = next;
    if (next.phase === before.phase) return;
    cell.sinceMs = nowMs;
    provider.openUntilMs.delete(id);
    if (next.phase === 'Open') {
      provider.opened(id, next.untilMs);
      cell.openedBy = cause;
      const { openings, untilMs } = next;
      this.listener({ type: 'BreakerOpened', breaker: id, cause, openings, untilMs });
    } else if (next.phase === 'HalfOpen') {
      this.listener({ type: 'BreakerProbes', breaker: id });
    } else {
      this.listener({ type: 'BreakerClosed', breaker: id, by });
    }
  }
}

/** An id is `<namespace>/<provider>/<model>`; a model's name may have slashes, too. */
function providerOf(id: string): string {
  return id.split('/', 2).join('/');
}
