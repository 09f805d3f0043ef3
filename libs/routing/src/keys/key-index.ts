import type { KeyPoolEntry, PoolKey } from '#libs/routing-table';
import type { KeyIndexView } from '../state-view.js';
import { DueQueue } from '../due-queue.js';
import { type KeyObstacle, RestCounts, type RestCause } from './obstacles.js';
import { keySelection, type KeySelection } from './selection.js';

/**
 * The keys of a pool that serve one model, indexed so that choosing one and every change of a key's state cost
 * O(log keys). It knows no time: its owner says when a credential rests, when it is back, and what is in flight, so
 * that reading changes nothing.
 *
 * A key is available when its weight is not 0, its credential neither rests nor probes whether it is back, and its quota
 * group has a permit left.
 */
export class KeyIndex implements KeyIndexView {
  private readonly pool: KeyPoolEntry;
  private readonly model: string;
  private readonly keys: readonly PoolKey[];
  private readonly selection: KeySelection;
  /** By position; 0: it doesn't rest. */
  private readonly restUntilMs: Float64Array;
  private readonly causes: RestCause[];
  private readonly probing: Uint8Array;
  private readonly inFlight: Float64Array;
  private readonly cooling = new DueQueue<number>();
  private readonly rests = new RestCounts();
  private readonly positions = new Map<string, number>();
  private readonly byCredential = new Map<string, number[]>();
  private readonly byLimiter = new Map<string, number[]>();
  /** Keys held back by requests under way alone. */
  private saturated = 0;

  constructor(pool: KeyPoolEntry, model: string) {
    this.pool = pool;
    this.model = model;
    this.keys = pool.keys.filter((key) => key.weight > 0 && (key.models?.includes(model) ?? true));
    this.selection = keySelection(
      pool.selection,
      this.keys.map((key) => key.weight),
    );
    const size = this.keys.length;
    this.restUntilMs = new Float64Array(size);
    this.causes = Array.from({ length: size }, () => 'RateLimited');
    this.probing = new Uint8Array(size);
    this.inFlight = new Float64Array(size);
    for (const [position, key] of this.keys.entries()) {
      this.positions.set(key.name, position);
      append(this.byCredential, key.credential, position);
      append(this.byLimiter, key.limiterId, position);
      this.enter(position);
    }
  }

  /** An index of the same keys in the same state, for imagining. */
  copy(): KeyIndex {
    const copy = new KeyIndex(this.pool, this.model);
    for (const position of this.keys.keys()) {
      copy.leave(position);
      copy.restUntilMs[position] = this.restUntilMs[position]!;
      copy.causes[position] = this.causes[position]!;
      copy.probing[position] = this.probing[position]!;
      copy.inFlight[position] = this.inFlight[position]!;
      copy.enter(position);
      copy.queue(position);
    }
    copy.selection.follow(this.selection);
    return copy;
  }

  /** The credential rests until then: Infinity until told otherwise, 0: not at all. Replaces what was said before. */
  rest(credential: string, untilMs: number, cause: RestCause): void {
    for (const position of this.byCredential.get(credential) ?? []) {
      this.leave(position);
      this.restUntilMs[position] = untilMs;
      this.causes[position] = cause;
      this.enter(position);
      this.queue(position);
    }
    this.dropSuperseded();
  }

  /** A request probes whether the credential is back; until it has ended, no other one gets it. */
  probe(credential: string, underWay: boolean): void {
    for (const position of this.byCredential.get(credential) ?? []) {
      this.leave(position);
      this.probing[position] = underWay ? 1 : 0;
      this.enter(position);
    }
  }

  /** The requests in flight of a quota group changed. */
  setInFlight(limiterId: string, inFlight: number): void {
    for (const position of this.byLimiter.get(limiterId) ?? []) {
      this.leave(position);
      this.inFlight[position] = inFlight;
      this.enter(position);
    }
  }

  /** A request starts with this key. */
  taken(key: PoolKey): void {
    const position = this.positions.get(key.name);
    if (position !== undefined) this.selection.taken(position);
  }

  isAvailable(key: PoolKey): boolean {
    const position = this.positions.get(key.name);
    return position !== undefined && this.isFree(position);
  }

  pick(random: number, exclude: readonly string[]): PoolKey | undefined {
    if (exclude.length === 0) return this.find(random);
    for (const name of exclude) this.hide(name);
    const key = this.find(random);
    for (const name of exclude) {
      const position = this.positions.get(name);
      if (position !== undefined) this.offer(position);
    }
    return key;
  }

  get hasAny(): boolean {
    return this.selection.hasAny;
  }

  get backAtMs(): number {
    return this.cooling.earliestMs;
  }

  get isSaturated(): boolean {
    return this.saturated > 0;
  }

  get obstacle(): KeyObstacle {
    return this.saturated > 0 ? 'KeysSaturated' : this.rests.obstacle;
  }

  private find(random: number): PoolKey | undefined {
    return this.selection.hasAny ? this.keys[this.selection.find(random)] : undefined;
  }

  private hide(name: string): void {
    const position = this.positions.get(name);
    if (position !== undefined) this.selection.set(position, false, 0);
  }

  /** A change of a key's state stands between these two, which keep the counts and the selection. */
  private leave(position: number): void {
    this.count(position, -1);
  }

  private enter(position: number): void {
    this.count(position, 1);
    this.offer(position);
  }

  private count(position: number, change: 1 | -1): void {
    if (this.restUntilMs[position] !== 0) this.rests.add(this.causes[position]!, change);
    else if (this.isBusy(position)) this.saturated += change;
  }

  private offer(position: number): void {
    this.selection.set(position, this.isFree(position), this.inFlight[position]!);
  }

  private isFree(position: number): boolean {
    return this.restUntilMs[position] === 0 && !this.isBusy(position);
  }

  private isBusy(position: number): boolean {
    return (
      this.probing[position] === 1 || this.inFlight[position]! >= (this.keys[position]!.maxConcurrency ?? Infinity)
    );
  }

  private queue(position: number): void {
    const untilMs = this.restUntilMs[position]!;
    if (untilMs !== 0 && untilMs !== Infinity) this.cooling.push(untilMs, position);
  }

  /** A rest that was replaced leaves its old end in the queue. Here, so that asking for the earliest only reads. */
  private dropSuperseded(): void {
    while (this.cooling.size > 0 && this.restUntilMs[this.cooling.earliest!] !== this.cooling.earliestMs) {
      this.cooling.pop();
    }
  }
}

function append(index: Map<string, number[]>, id: string, position: number): void {
  const positions = index.get(id);
  if (positions === undefined) index.set(id, [position]);
  else positions.push(position);
}
