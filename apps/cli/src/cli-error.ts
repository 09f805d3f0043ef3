/** What a script may rely on; `signalbox --help` and docs/cli.md list them, a test holds them equal. */
export const exitCodes = {
  ok: 0,
  /** The command was understood and failed: refused by the server, not reachable, not found. */
  failure: 1,
  /** The command line itself is wrong: unknown command or option, missing argument. Nothing was sent. */
  usage: 2,
  notFound: 3,
  /** Another writer was first (409), or the object exists already. */
  conflict: 4,
  /** `apply --wait`: applied, and not served by every data plane when the time was over. `reset`: not acknowledged by all. */
  notReady: 5,
  /** Ctrl-C, as shells count it: 128 and the signal's number. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An error whose message is meant for the person at the terminal: no stack is shown, `hints` say what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    message: string,
    readonly options: { readonly exitCode?: number; readonly hints?: readonly string[]; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
  }

  get exitCode(): number {
    return this.options.exitCode ?? exitCodes.failure;
  }

  get hints(): readonly string[] {
    return this.options.hints ?? [];
  }
}
