import { advisoryLocks } from '../database/advisory-locks.js';
import { SessionLoop, type Session } from '../database/session-loop.js';

export interface LeaderOptions {
  readonly url: string;
  /** Names this replica in the leader row. */
  readonly holder: string;
  /** How often a follower tries, and how often a leader makes sure that its connection lives. */
  readonly retryMs?: number;
  readonly random?: () => number;
  readonly onError?: (error: Error) => void;
}

export interface LeadershipListener {
  /** Writes of this leadership carry `epoch`, so that they fail once another replica has taken over. */
  gained(epoch: number): void;
  lost(epoch: number): void;
}

/**
 * One leader among the replicas: whoever holds a session lock, on a connection of its own. When that connection drops,
 * leadership is given up at once; the server frees the lock when it notices. Between the two another replica may lead
 * already, so the lock alone isn't trusted: every take-over raises the epoch, and each write checks it in its own
 * transaction.
 */
export class LeaderElection {
  readonly #listeners = new Set<LeadershipListener>();
  readonly #loop: SessionLoop;
  #epoch: number | undefined;

  constructor(private readonly options: LeaderOptions) {
    const { url, random, onError } = options;
    this.#loop = new SessionLoop(
      { url, applicationName: 'signalbox-leader', queryTimeoutMs: 5_000, random, onError },
      (session) => this.#campaign(session).finally(() => this.#giveUp()),
    );
  }

  get isLeader(): boolean {
    return this.#epoch !== undefined;
  }

  /** undefined: not the leader. */
  get epoch(): number | undefined {
    return this.#epoch;
  }

  /** A listener that is added while this replica leads is told so at once. */
  addListener(listener: LeadershipListener): void {
    this.#listeners.add(listener);
    if (this.#epoch !== undefined) listener.gained(this.#epoch);
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  async #campaign(session: Session): Promise<void> {
    session.established();
    // At once, not when the loop notices.
    session.lost.addEventListener('abort', () => this.#giveUp());
    while (!session.stopping) {
      if (this.#epoch === undefined) await this.#tryToLead(session);
      else await session.client.query('SELECT 1');
      await session.sleep(this.options.retryMs ?? 1_000);
    }
  }

  async #tryToLead({ client, lost }: Session): Promise<void> {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS locked', [
      ...advisoryLocks.leader,
    ]);
    if (!rows[0]?.locked) return;
    const taken = await client.query<{ epoch: string }>(
      'UPDATE leader SET epoch = epoch + 1, holder = $1, since = now() RETURNING epoch',
      [this.options.holder],
    );
    lost.throwIfAborted();
    this.#epoch = Number(taken.rows[0]?.epoch);
    for (const listener of this.#listeners) listener.gained(this.#epoch);
  }

  #giveUp(): void {
    const epoch = this.#epoch;
    if (epoch === undefined) return;
    this.#epoch = undefined;
    for (const listener of this.#listeners) listener.lost(epoch);
  }
}
