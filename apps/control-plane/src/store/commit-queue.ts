import { ApiError, serviceUnavailable } from '#libs/apimachinery';
import type { Leadership } from '../leader/leadership.js';
import type { CommitResult, ObjectWrite, Origin } from './object-store.js';

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
  #state: 'open' | 'postponed' | 'settled' = 'open';
  readonly result: Promise<CommitResult>;
  #resolve: (result: CommitResult) => void;
  #reject: (error: unknown) => void;

  constructor(readonly request: CommitRequest) {
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get state(): 'open' | 'postponed' | 'settled' {
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

  reopen(): this {
    this.#state = 'open';
    return this;
  }
}

/** Settles or postpones each request of a group, never postponing the first; throws for those it leaves open. */
export type CommitGroup = (group: readonly PendingCommit[]) => Promise<void>;

/** Writes a group takes: each of its requests waits for all of them. A request alone may have more. */
const MAX_GROUP_WRITES = 500;
/** Each holds a body of up to 3 MiB. Beyond, the answer is a 503 that says when to try again. */
const MAX_WAITING = 2_000;

/**
 * Group commit: while one transaction runs, the requests that arrive wait and make up the next one, in the order in which
 * they came. So a busy store needs a transaction for many writes and an idle one makes nobody wait.
 */
export class CommitQueue {
  #waiting: PendingCommit[] = [];
  #running = false;

  constructor(private readonly commitGroup: CommitGroup) {}

  add(request: CommitRequest): Promise<CommitResult> {
    if (this.#waiting.length >= MAX_WAITING) {
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
      this.#waiting.unshift(...postponed.map((pending) => pending.reopen()));
    }
    this.#running = false;
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
      await this.commitGroup(group);
    } catch (error) {
      const open = group.filter(({ state }) => state === 'open');
      if (group.length === 1 || isUnavailable(error)) {
        for (const pending of open) pending.reject(error);
      } else {
        for (const pending of open) await this.#commit([pending]);
      }
    }
  }
}

/** Nothing that one request did: a database that is away is so for all of them, and a broken COMMIT is never repeated. */
const isUnavailable = (error: unknown): boolean => error instanceof ApiError && error.code === 503;
