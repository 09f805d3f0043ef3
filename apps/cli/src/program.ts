import { Command, CommanderError } from 'commander';
import { ConfigError } from '#libs/config';
import { CliError, exitCodes } from './cli-error.js';
import { applyCommand } from './commands/apply.js';
import { auditCommand } from './commands/audit.js';
import { chatCommand } from './commands/chat.js';
import { consumerCommand } from './commands/consumer.js';
import { deleteCommand } from './commands/delete.js';
import { describeCommand } from './commands/describe.js';
import { diffCommand } from './commands/diff.js';
import { explainCommand } from './commands/explain.js';
import { getCommand } from './commands/get.js';
import { keysCommand } from './commands/keys.js';
import { planeCommands } from './commands/planes.js';
import { resetCommand } from './commands/reset.js';
import { stateCommand } from './commands/state.js';
import { tokenCommand } from './commands/token.js';
import { upCommand } from './commands/up.js';
import type { CliContext } from './context.js';
import { styleFor } from './output/style.js';
import { packageVersion } from './package-root.js';

const help = `
Examples:
  signalbox up                                     everything in one command
  signalbox apply -f manifests/quickstart          apply manifests, all or nothing
  signalbox get routepolicies                      what is there
  signalbox chat "Hello"                           ask through the data plane
  signalbox audit --object RoutePolicy/default/chat

Environment:
  SIGNALBOX_CONTROL_PLANE_URL, SIGNALBOX_TOKEN_FILE, SIGNALBOX_CA_FILE
                               the control plane; default: what .signalbox says, here or in a parent directory
  SIGNALBOX_DATA_PLANE_URL, SIGNALBOX_API_KEY
                               for chat; default: the demo consumer of .signalbox
  SIGNALBOX_DATA_PLANE_ADMIN_URL
                               for state and explain; default: the data plane of .signalbox
  NO_COLOR                     no colours

Exit codes:
  ${exitCodes.ok}  done (diff: nothing would change)
  ${exitCodes.failure}  failed (diff: something would change; audit verify: altered)
  ${exitCodes.usage}  the command line or the environment is wrong
  ${exitCodes.notFound}  not found (reset: no data plane knows it)
  ${exitCodes.conflict}  conflict: it exists already, or someone else was first
  ${exitCodes.notReady}  apply --wait: applied, but not ready in time; reset: not acknowledged by every data plane
  ${exitCodes.interrupted}  interrupted by Ctrl-C`;

/** Runs one command line and returns its exit code. Everything it says goes to the context's streams. */
export async function run(args: readonly string[], context: CliContext): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const finish = (code: number) => {
    exitCode = code;
  };
  const program = new Command('signalbox')
    .description('A control plane and a data plane for LLM traffic.')
    .version(packageVersion(), '-V, --version')
    .addHelpText('after', help);
  const commands = [
    upCommand(context),
    applyCommand(context, finish),
    getCommand(context),
    describeCommand(context),
    diffCommand(context, finish),
    deleteCommand(context),
    auditCommand(context, finish),
    keysCommand(context),
    resetCommand(context, finish),
    stateCommand(context),
    explainCommand(context),
    chatCommand(context),
    consumerCommand(context),
    tokenCommand(context),
    ...planeCommands(),
  ];
  for (const command of commands) program.addCommand(command);
  harden(program, context);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, context);
  }
}

/** Commander neither ends the process nor writes past the context. */
function harden(command: Command, context: CliContext): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => void context.stdout.write(text),
    writeErr: (text) => void context.stderr.write(text),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  for (const child of command.commands) harden(child, context);
}

function report(error: unknown, context: CliContext): number {
  // Commander has printed its own text; help that was asked for is no error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const style = styleFor(context.stderr, context.environment);
  if (error instanceof ConfigError) {
    context.stderr.write(`${style('red', 'Error:')} ${error.message}\n`);
    return exitCodes.usage;
  }
  if (!(error instanceof CliError) && context.interrupted.aborted) {
    context.stderr.write('Interrupted.\n');
    return exitCodes.interrupted;
  }
  if (!(error instanceof CliError)) {
    context.stderr.write(
      `${style('red', 'Unexpected error:')} ${error instanceof Error ? error.stack : String(error)}\n`,
    );
    return exitCodes.failure;
  }
  const prefix = error.message.startsWith('Error from server') ? '' : `${style('red', 'Error:')} `;
  context.stderr.write(`${prefix}${error.message}\n`);
  for (const hint of error.hints) context.stderr.write(`  ${hint}\n`);
  return error.exitCode;
}
