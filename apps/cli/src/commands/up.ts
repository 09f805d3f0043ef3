import { Command } from 'commander';
import { readUpConfig } from '../config/config.js';
import type { CliContext } from '../context.js';

export function upCommand(context: CliContext): Command {
  return new Command('up')
    .summary('run everything here: Postgres, both planes and simulated providers')
    .description(
      'Starts an embedded Postgres, the control plane, simulated providers and a data plane, restarts what dies, and ' +
        'ends all of it on Ctrl-C or SIGTERM. The state is in .signalbox of the working directory.',
    )
    .option('--once', 'show one chat with how it was routed, then end everything')
    .option('--no-quickstart', "don't apply manifests/quickstart at the first start")
    .addHelpText(
      'after',
      `
Environment:
  SIGNALBOX_DATABASE_URL       use this Postgres instead of an embedded one
  SIGNALBOX_STATE_DIR          default .signalbox
  SIGNALBOX_DATA_PORT          default 7070        SIGNALBOX_DATA_ADMIN_PORT  default 7073
  SIGNALBOX_CONTROL_PORT       default 7071        SIGNALBOX_SIMULATOR_PORT   default 7072
  OTEL_EXPORTER_OTLP_ENDPOINT  send traces there, such as http://127.0.0.1:4318`,
    )
    .action(async (options: { once?: true; quickstart: boolean }) => {
      // Half of the start of every other command would be loading what only this one needs.
      const { up } = await import('../up/up.js');
      await up({
        config: readUpConfig(context.environment, context.workingDirectory),
        environment: { ...context.environment },
        once: options.once === true,
        quickstart: options.quickstart,
        stdout: process.stdout,
        stderr: process.stderr,
      });
    });
}
