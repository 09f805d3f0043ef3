import { Command } from 'commander';
import { postReset, type ResetAnswer, type ResetOutcome, type Resettable, resettable } from '../client/reset.js';
import { ServerError } from '../client/server-error.js';
import { CliError, exitCodes } from '../cli-error.js';
import { type CliContext, withAdminClient } from '../context.js';
import { type DocumentFormat, renderDocument } from '../output/document.js';
import { renderTable } from '../output/table.js';
import { namespaceOption, outputOption } from './shared-options.js';

interface ResetOptions {
  readonly namespace: string;
  readonly dataPlane?: string;
  readonly dryRun?: true;
  readonly output?: DocumentFormat;
}

export function resetCommand(context: CliContext, finish: (exitCode: number) => void): Command {
  const reset = new Command('reset')
    .summary('have data planes forget a breaker or a pause')
    .description(
      'Has every connected data plane forget what it remembers of a backend or a key, at once and without an edit. Shows what came ' +
        'of it at each; exits 5 unless all of them answered. Every reset is in the audit.',
    );
  reset.addCommand(
    subcommand(context, finish, 'breaker')
      .summary('close the circuit breaker of a model of a provider')
      .argument('<provider/model...>', 'of the Provider and of its model')
      .addHelpText(
        'after',
        '\nExamples:\n  signalbox reset breaker openai/gpt-4o\n  signalbox reset breaker openai/gpt-4o -n team --data-plane edge-1',
      ),
  );
  reset.addCommand(
    subcommand(context, finish, 'cooldown')
      .summary('end the pause of a key of a key pool')
      .argument('<keypool/key...>', 'of the KeyPool and of its key')
      .addHelpText(
        'after',
        '\nExamples:\n  signalbox reset cooldown openai/main\n  signalbox reset cooldown openai/main openai/spare',
      ),
  );
  return reset;
}

function subcommand(context: CliContext, finish: (exitCode: number) => void, what: Resettable): Command {
  return new Command(what)
    .addOption(namespaceOption('namespace of the Provider or KeyPool'))
    .option('--data-plane <name>', 'only at this one')
    .option('--dry-run', 'check, and show who would be asked')
    .addOption(outputOption())
    .action(async (places: readonly string[], options: ResetOptions) => {
      const { namespace, dataPlane, dryRun = false, output } = options;
      const parsed = places.map((place) => ({ place, ...partOf(place, what) }));
      const answers: ResetAnswer[] = [];
      try {
        await withAdminClient(context, async (client) => {
          for (const { place, name, part } of parsed) {
            const request = { what, namespace, name, part, dataPlane, dryRun };
            const answer = await postReset(client, request).catch((error) => {
              throw inNamespace(error, what, name, part);
            });
            answers.push(answer);
            if (output === undefined) showOutcomes(context, place, what, answer.status.dataPlanes);
          }
        });
      } finally {
        // What was done before something failed is done.
        if (output && answers.length > 0)
          context.stdout.write(renderDocument(places.length === 1 ? answers[0] : answers, output));
      }
      finish(exitCodeOf(answers.map(({ status }) => status.dataPlanes)));
    });
}

/** A model's name may have slashes, a Provider's may not. */
function partOf(place: string, what: Resettable): { name: string; part: string } {
  const slash = place.indexOf('/');
  const [name, part] = [place.slice(0, slash), place.slice(slash + 1)];
  if (slash > 0 && part !== '') return { name, part };
  const { kind, part: word } = resettable[what];
  throw new CliError(`"${place}" is not of the form ${kind.toUpperCase()}/${word.toUpperCase()}.`, {
    exitCode: exitCodes.usage,
    hints: [`\`signalbox get ${kind} -o yaml\` shows the names of each ${word}.`],
  });
}

/** Tables, logs and metrics show what is reset with its namespace in front, and people copy it from there. */
function inNamespace(error: unknown, what: Resettable, namespace: string, place: string): unknown {
  if (!(error instanceof ServerError) || error.statusCode !== 404 || !/.\/./.test(place)) return error;
  const hint = `If ${namespace} is the namespace: signalbox reset ${what} ${place} -n ${namespace}`;
  return error.reworded((text) => text, [...error.hints, hint]);
}

const words: Readonly<Record<string, string>> = {
  Reset: 'reset',
  Unchanged: 'acknowledged',
  NotSupported: 'does not support it',
  NotConnected: 'not connected',
  TimedOut: 'timed out',
  Failed: 'failed',
  NotAsked: 'would be asked',
};

function showOutcomes(context: CliContext, place: string, what: Resettable, outcomes: readonly ResetOutcome[]): void {
  if (outcomes.length === 0) {
    context.stderr.write(`No data plane is known: nothing was asked to reset ${what} ${place}.\n`);
    return;
  }
  const rows = outcomes.map(({ name, result, message }) => [
    name,
    place,
    result === 'Unknown' ? `unknown ${what}` : (words[result] ?? result),
    message,
  ]);
  context.stdout.write(renderTable(['data plane', what, 'result', 'message'], rows));
}

const settled = new Set(['Reset', 'Unchanged', 'Unknown', 'NotAsked']);

/** 5 where somewhere it may not be done; 3 where no data plane knows any of it. */
function exitCodeOf(places: readonly (readonly ResetOutcome[])[]): number {
  const isSettled = (outcomes: readonly ResetOutcome[]) =>
    outcomes.length > 0 && outcomes.every(({ result }) => settled.has(result));
  if (!places.every(isSettled)) return exitCodes.notReady;
  const isUnknown = (outcomes: readonly ResetOutcome[]) => outcomes.every(({ result }) => result === 'Unknown');
  return places.some(isUnknown) ? exitCodes.notFound : exitCodes.ok;
}
