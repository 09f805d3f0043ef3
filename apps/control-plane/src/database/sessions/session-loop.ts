import type { Client } from 'pg';
import { openConnection, type ConnectionOptions } from './connection.js';
import { reconnectDelayMs } from './reconnect-delay.js';
import { WakeUp } from './wake-up.js';

export interface SessionLoopOptions extends ConnectionOptions {
  readonly random?: () => number;
  /** A lost connection or failed work; each is followed by another try. */
  readonly onError?: (error: Error) => void;
  /** The work has got going, and so each time that it says so. */
  readonly onEstablished?: () => void;
}

/** What work gets: a connection, for as long as it lives. */
export interface Session {
  readonly client: Client;
  readonly stopping: boolean;
  /** Aborted the moment the connection is lost. */
  readonly lost: AbortSignal;
  /** The work has got going: the next loss starts with the shortest delay again. */
  established(): void;
  /** Until `ms` have passed or somebody calls `wake`. Throws if the connection is lost. */
  sleep(ms: number): Promise<void>;
}

/**
 * Runs work that lives as long as a connection of its own does (LISTEN, session locks), and begins it again on a new
 * connection, with back-off, after every loss or failure, up to `stop`.
 */
export class SessionLoop {
  readonly #wakeUp = new WakeUp();
  /** The wait between two attempts, which only `stop` cuts short: a loss also wakes the work, and so do notifications. */
  readonly #pause = new WakeUp();
  #stopping = false;
  #running: Promise<void> | undefined;

  constructor(
    private readonly options: SessionLoopOptions,
    private readonly work: (session: Session) => Promise<void>,
  ) {}

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends a sleep of the work. */
  wake(): void {
    this.#wakeUp.wake();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wakeUp.wake();
    this.#pause.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const random = this.options.random ?? Math.random;
    let failures = 0;
    while (!this.#stopping) {
      try {
        await this.#runOnce(() => {
          failures = 0;
          this.options.onEstablished?.();
        });
      } catch (error) {
        this.options.onError?.(error instanceof Error ? error : new Error(String(error)));
        if (!this.#stopping) await this.#pause.sleep(reconnectDelayMs(failures++, random));
      }
    }
  }

  async #runOnce(established: () => void): Promise<void> {
    const lost = new AbortController();
    const client = await openConnection(this.options, (error) => {
      lost.abort(error);
      this.#wakeUp.wake();
    });
    const isStopping = (): boolean => this.#stopping;
    try {
      await this.work({
        client,
        get stopping() {
          return isStopping();
        },
        lost: lost.signal,
        established,
        sleep: async (ms) => {
          lost.signal.throwIfAborted();
          await this.#wakeUp.sleep(ms);
          lost.signal.throwIfAborted();
        },
      });
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
