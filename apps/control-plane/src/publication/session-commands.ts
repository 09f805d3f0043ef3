import { type CommandAnswer, encodeFromControlPlane, type Hello } from '#libs/control-protocol';
import type { Clock } from '#libs/clock';
import { COMMAND_LASTS_MS, type DataPlaneOutcome, type FleetCommand } from '../commands/command-outcome.js';

export interface SessionCommandsOptions {
  readonly hello: Hello;
  readonly clock: Clock;
  readonly send: (frame: Buffer) => void;
}

type Answered = (outcome: DataPlaneOutcome) => void;

/** The commands that one data plane has been sent on one connection, until it answers or nobody waits any more. */
export class SessionCommands {
  private readonly sent = new Map<string, Answered>();

  constructor(private readonly options: SessionCommandsOptions) {}

  /** `answered` is called once or, where no answer comes, never. */
  send({ id, action }: FleetCommand, answered: Answered): void {
    const { hello, clock, send } = this.options;
    if (!hello.commands?.includes(action.type)) {
      const message = `${hello.software} does not know this command; upgrade the data plane, or restart it`;
      answered({ dataPlane: hello.name, result: 'NotSupported', message });
      return;
    }
    this.sent.set(id, answered);
    clock.after(COMMAND_LASTS_MS, () => this.sent.delete(id));
    send(encodeFromControlPlane({ type: 'command', id, action }));
  }

  answered({ id, result, message }: CommandAnswer): void {
    const answered = this.sent.get(id);
    this.sent.delete(id);
    answered?.({ dataPlane: this.options.hello.name, result, message });
  }
}
