import type { LineageListener } from '../database/sessions/lineage.js';
import { SessionLoop, type Session } from '../database/sessions/session-loop.js';
import { COMMAND_CHANNEL, type CommandTable, type Query } from './command-table.js';
import type { DataPlaneOutcome, FleetCommand } from './command-outcome.js';

export interface CommandFollowerOptions {
  readonly url: string;
  readonly table: CommandTable;
  /** Longest time until a command is seen whose notification was lost. */
  readonly pollMs?: number;
  readonly lineage?: LineageListener;
  readonly onError?: (error: Error) => void;
  readonly onAnswer?: () => void;
}

type Listener = (outcomes: readonly DataPlaneOutcome[]) => void;

/** Half of what a command lasts: one that meets a stalled connection is still found on the next one. */
const SILENCE_MS = 2_500;

/**
 * Follows commands, and the answers that somebody here waits for, on a connection of its own: any replica may be asked for
 * what concerns the data planes of all. A notification only wakes.
 */
export class CommandFollower {
  readonly #options: CommandFollowerOptions;
  readonly #loop: SessionLoop;
  /** Commands that have been handed out; none that has expired. */
  #seen = new Set<string>();
  readonly #waiting = new Map<string, Listener>();
  #onCommand: (command: FleetCommand) => void = () => {};

  constructor(options: CommandFollowerOptions) {
    this.#options = options;
    const { url, lineage, onError, onAnswer } = options;
    this.#loop = new SessionLoop(
      {
        url,
        applicationName: 'signalbox-commands',
        silenceMs: SILENCE_MS,
        lineage,
        onError,
        onEstablished: onAnswer,
      },
      (session) => this.#follow(session),
    );
  }

  /** Called once with each command that lives, whoever wrote it. */
  onCommand(handOut: (command: FleetCommand) => void): void {
    this.#onCommand = handOut;
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Calls `listener` with all answers whenever there may be a new one; the returned function ends that. */
  listen(id: string, listener: Listener): () => void {
    this.#waiting.set(id, listener);
    return () => void this.#waiting.delete(id);
  }

  async #follow(session: Session): Promise<void> {
    const { client } = session;
    client.on('notification', () => this.#loop.wake());
    // Before the first look: what is written after that look wakes.
    await client.query(`LISTEN ${COMMAND_CHANNEL}`);
    session.established();
    const query: Query = async <Row>(text: string, values: readonly unknown[]) =>
      (await client.query(text, [...values])).rows as Row[];
    while (!session.stopping) {
      await this.#look(query);
      await session.sleep(this.#options.pollMs ?? 1_500);
    }
  }

  async #look(query: Query): Promise<void> {
    const { table } = this.#options;
    const live = await table.live(query);
    const fresh = live.filter(({ id }) => !this.#seen.has(id));
    this.#seen = new Set(live.map(({ id }) => id));
    for (const command of fresh) this.#onCommand(command);
    for (const [id, listener] of this.#waiting) listener(await table.answersTo(id, query));
  }
}
