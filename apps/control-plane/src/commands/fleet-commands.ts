import type { Clock } from '#libs/clock';
import { type KindDefinition, notFound } from '#libs/apimachinery';
import type { Logger } from '#libs/telemetry';
import type { AuditEntry } from '../audit/append-audit.js';
import type { ObjectStore } from '../store/object-store.js';
import type { CommandFollower } from './command-follower.js';
import { COMMAND_LASTS_MS, type DataPlaneOutcome, type Deliver, type FleetCommand } from './command-outcome.js';
import type { CommandTable } from './command-table.js';

export interface FleetCommandsOptions {
  readonly table: Pick<CommandTable, 'add' | 'answer' | 'answersTo'>;
  readonly follower: Pick<CommandFollower, 'listen'>;
  readonly store: Pick<ObjectStore, 'list'>;
  /** DataPlane. */
  readonly kind: KindDefinition;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
}

/**
 * Commands of people to data planes, whichever replica each is connected to. One replica writes the command down; each hands
 * it to its own data planes and writes their answers beside it; the first one reads those. A data plane that connects later is
 * not owed it.
 */
export class FleetCommands {
  readonly #options: FleetCommandsOptions;
  #deliver: Deliver = () => {};

  constructor(options: FleetCommandsOptions) {
    this.#options = options;
  }

  /** Who knows the data planes of this replica. */
  deliverBy(deliver: Deliver): void {
    this.#deliver = deliver;
  }

  /** A command has been written down, here or elsewhere. */
  handOut(command: FleetCommand): void {
    const { table, logger } = this.#options;
    this.#deliver(command, (outcome) => {
      table
        .answer(command.id, outcome)
        .catch((error: unknown) =>
          logger.warn(
            { err: error, ...outcome },
            'an answer to a command could not be written: it will look timed out',
          ),
        );
    });
  }

  /** What came of it at every data plane that it is for. Throws a 404 for a data plane that doesn't exist. */
  async run(command: FleetCommand, audited: AuditEntry): Promise<DataPlaneOutcome[]> {
    const { table, follower } = this.#options;
    const dataPlanes = await this.#dataPlanes(command);
    const awaited = dataPlanes.filter(({ connected }) => connected).map(({ name }) => name);
    let stopListening = () => {};
    const answered = new Promise<void>((resolve) => {
      stopListening = follower.listen(command.id, (outcomes) => {
        const names = new Set(outcomes.map(({ dataPlane }) => dataPlane));
        if (awaited.every((name) => names.has(name))) resolve();
      });
    });
    let cancelDeadline = () => {};
    try {
      await table.add(command, audited);
      const deadline = new Promise<void>((resolve) => {
        cancelDeadline = this.#options.clock.after(COMMAND_LASTS_MS, resolve);
      });
      if (awaited.length > 0) await Promise.race([answered, deadline]);
    } finally {
      cancelDeadline();
      stopListening();
    }
    return outcomesOf(dataPlanes, await table.answersTo(command.id));
  }

  /** Whom `run` would ask. */
  async dryRun(command: Pick<FleetCommand, 'dataPlane'>): Promise<DataPlaneOutcome[]> {
    const dataPlanes = await this.#dataPlanes(command);
    return dataPlanes.map((dataPlane) => (dataPlane.connected ? notAsked(dataPlane) : notConnected(dataPlane)));
  }

  async #dataPlanes({ dataPlane }: Pick<FleetCommand, 'dataPlane'>): Promise<DataPlane[]> {
    const { store, kind } = this.#options;
    const { items } = await store.list(kind, {});
    const all = items.map(({ metadata, status }) => ({
      name: metadata.name,
      connected: status?.['connected'] === true,
    }));
    if (dataPlane === undefined) return all;
    const named = all.filter(({ name }) => name === dataPlane);
    if (named.length === 0) throw notFound(kind, dataPlane);
    return named;
  }
}

interface DataPlane {
  readonly name: string;
  readonly connected: boolean;
}

/** One that has connected a moment ago may have answered before its object says so. */
function outcomesOf(dataPlanes: readonly DataPlane[], answers: readonly DataPlaneOutcome[]): DataPlaneOutcome[] {
  const answerOf = new Map(answers.map((answer) => [answer.dataPlane, answer]));
  const silent = dataPlanes
    .filter(({ name }) => !answerOf.has(name))
    .map((dataPlane) => (dataPlane.connected ? timedOut(dataPlane) : notConnected(dataPlane)));
  return [...answers, ...silent].sort((left, right) => (left.dataPlane < right.dataPlane ? -1 : 1));
}

const notAsked = ({ name }: DataPlane): DataPlaneOutcome => ({ dataPlane: name, result: 'NotAsked', message: '' });
const notConnected = ({ name }: DataPlane): DataPlaneOutcome => ({
  dataPlane: name,
  result: 'NotConnected',
  message: 'it keeps what it has until it is asked again, or restarted',
});
const timedOut = ({ name }: DataPlane): DataPlaneOutcome => ({
  dataPlane: name,
  result: 'TimedOut',
  message: `no answer within ${COMMAND_LASTS_MS / 1_000} s; it may be done or not, and may be asked again`,
});
