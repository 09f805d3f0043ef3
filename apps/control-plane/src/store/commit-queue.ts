import { ApiError, serviceUnavailable } from '#libs/apimachinery';
import { sessionLimits } from '../database/sessions/limits.js';
import type { Leadership } from '../leader/leadership.js';
import type { CommitResult, ObjectWrite, Origin } from './object-store.js';
import { KeysHeldError } from './read-locked.js';

/** One call of `commit`: atomic by itself, whatever else is committed in the same transaction. */
export interface CommitRequest {
  readonly writes: readonly ObjectWrite[];
  /** Of each write, what it locks. */
  readonly keys: readonly string[];
  readonly origin: Origin;
  readonly dryRun: boolean;
  readonly term?: Leadership;
}

/** A request until its answer is known. */
export class PendingCommit {
  /** Of the group it is in: `open` until that is known. */
  #state: 'open' | 'postponed' | 'aside' | 'settled' = 'open';
  readonly result: Promise<CommitResult>;
  #resolve: (result: CommitResult) => void;
  #reject: (error: unknown) => void;

  constructor(readonly request: CommitRequest) {
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get state(): 'open' | 'postponed' | 'aside' | 'settled' {
    return this.#state;
  }

  resolve(result: CommitResult): void {
    this.#state = 'settled';
    this.#resolve(result);
  }

  reject(error: unknown): void {
    this.#state = 'settled';
    this.#reject(error);
  }

  /** To the next group. */
  postpone(): void {
    this.#state = 'postponed';
  }

  /** Out of the way of the others: what it writes is held by somebody else. */
  stepAside(): void {
    this.#state = 'aside';
  }

  reopen(): this {
    this.#state = 'open';
    return this;
  }
}

/**
 * Settles or postpones each request of a group, never postponing the first, or lets it step aside; throws for those it
 * leaves open. For an object that somebody else holds it waits up to `waitMs`, then throws a KeysHeldError; with 0 it
 * doesn't, and whoever writes that object steps aside.
 */
export type CommitGroup = (group: readonly PendingCommit[], waitMs: number) => Promise<void>;

/** Writes a group takes: each of its requests waits for all of them. A request alone may have more. */
const MAX_GROUP_WRITES = 500;
/** Each holds a body of up to 3 MiB. Beyond, the answer is a 503 that says when to try again. */
const MAX_WAITING = 2_000;
/** Other replicas hold an object for milliseconds. One that froze holds it for as long as the database lets it. */
const GROUP_WAITS_MS = 1_000;
/** Requests that wait for what such a one holds, each on a connection of its own. */
const ASIDE_AT_ONCE = 4;

/**
 * Group commit: while one transaction runs, the requests that arrive wait and make up the next one, in the order in which
 * they came. So a busy store needs a transaction for many writes and an idle one makes nobody wait.
 */
export class CommitQueue {
  #waiting: PendingCommit[] = [];
  #running = false;
  /** Those for what somebody else holds: they keep none of the others waiting. */
  #aside: PendingCommit[] = [];
  readonly #runningAside = new Set<PendingCommit>();

  constructor(private readonly commitGroup: CommitGroup) {}

  add(request: CommitRequest): Promise<CommitResult> {
    if (this.#waiting.length + this.#aside.length >= MAX_WAITING) {
      return Promise.reject(serviceUnavailable('too many writes are waiting for the database; try again'));
    }
    const pending = new PendingCommit(request);
    this.#waiting.push(pending);
    if (!this.#running) {
      this.#running = true;
      // What arrives in the same turn of the event loop shares the transaction.
      setImmediate(() => void this.#run());
    }
    return pending.result;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      await this.#commit(group);
      const postponed = group.filter(({ state }) => state === 'postponed');
      this.#aside.push(...group.filter(({ state }) => state === 'aside').map((pending) => pending.reopen()));
      this.#waiting.unshift(...postponed.map((pending) => pending.reopen()));
      this.#runThoseAside();
    }
    this.#running = false;
  }

  /** Those that write the same follow each other here, too. */
  #runThoseAside(): void {
    for (const pending of this.#aside) {
      if (this.#runningAside.size >= ASIDE_AT_ONCE) return;
      if ([...this.#runningAside].some((other) => isAlike(pending, other))) continue;
      this.#aside = this.#aside.filter((other) => other !== pending);
      this.#runningAside.add(pending);
      void this.#runAside(pending).finally(() => {
        this.#runningAside.delete(pending);
        this.#runThoseAside();
      });
    }
  }

  async #runAside(pending: PendingCommit): Promise<void> {
    try {
      await this.commitGroup([pending], sessionLimits.lockMs);
    } catch (error) {
      if (!(error instanceof KeysHeldError)) return pending.reject(error);
      const held = Object.assign(serviceUnavailable('somebody else holds what this writes; try again'), {
        cause: error,
      });
      pending.reject(held);
      // Who waits for the same would wait as long, and in vain.
      for (const other of this.#aside) if (isAlike(other, pending)) other.reject(held);
      this.#aside = this.#aside.filter(({ state }) => state === 'open');
    }
  }

  #takeGroup(): PendingCommit[] {
    let writes = 0;
    const end = this.#waiting.findIndex(({ request }, index) => {
      writes += request.writes.length;
      return index > 0 && writes > MAX_GROUP_WRITES;
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  /** What the database refuses for one request's sake must not hit the others: then each gets a transaction of its own. */
  async #commit(group: readonly PendingCommit[]): Promise<void> {
    try {
      await this.#commitOrStepAside(group);
    } catch (error) {
      const open = group.filter(({ state }) => state === 'open');
      if (group.length === 1 || isUnavailable(error)) {
        for (const pending of open) pending.reject(error);
      } else {
        for (const pending of open) await this.#commit([pending]);
      }
    }
  }

  async #commitOrStepAside(group: readonly PendingCommit[]): Promise<void> {
    try {
      await this.commitGroup(group, GROUP_WAITS_MS);
    } catch (error) {
      if (!(error instanceof KeysHeldError)) throw error;
      if (group.length === 1) group[0]?.stepAside();
      else await this.commitGroup(group, 0);
    }
  }
}

const isAlike = ({ request: one }: PendingCommit, { request: other }: PendingCommit): boolean =>
  one.keys.some((key) => other.keys.includes(key));

/** Nothing that one request did: a database that is away is so for all of them, and a broken COMMIT is never repeated. */
const isUnavailable = (error: unknown): boolean => error instanceof ApiError && error.code === 503;
