import type { Action, CommandResult } from '#libs/control-protocol';

/** A command as it is written down for all replicas. */
export interface FleetCommand {
  readonly id: string;
  readonly action: Action;
  /** Name of the one data plane that it is for; undefined: every one. */
  readonly dataPlane?: string;
}

/**
 * What came of a command at one data plane. Besides its own results: NotSupported, it knows no such command; NotConnected, it
 * was on no replica's stream; TimedOut, no answer came in time, so that it may be done or not; NotAsked, in a dry run.
 */
export interface DataPlaneOutcome {
  readonly dataPlane: string;
  readonly result: CommandResult | 'NotSupported' | 'NotConnected' | 'TimedOut' | 'NotAsked';
  /** A line for people; may be empty. */
  readonly message: string;
}

/** Hands a command to the data planes of this replica; `answered` is called once for each that says something. */
export type Deliver = (command: FleetCommand, answered: (outcome: DataPlaneOutcome) => void) => void;

/** How long a command is handed out, and an answer waited for. What comes later would end what has begun since. */
export const COMMAND_LASTS_MS = 5_000;
