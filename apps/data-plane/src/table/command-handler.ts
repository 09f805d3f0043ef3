import type { Action, Command, CommandAnswer } from '#libs/control-protocol';

/** Who does what the control plane asks for on behalf of a person. */
export interface CommandHandler {
  /** Types of commands that it knows: the control plane sends no others. */
  readonly known: readonly Action['type'][];
  /** Never throws. */
  handle(command: Command): CommandAnswer;
}
