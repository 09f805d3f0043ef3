import { Command } from 'commander';
import { durationMs } from '#libs/resources';
import type { AdminClient } from '../client/admin-client.js';
import { postApply, warningsIn } from '../client/apply.js';
import type { ApplyAnswer } from '../client/apply.js';
import { waitReady } from '../client/wait-ready.js';
import { CliError, exitCodes } from '../cli-error.js';
import { showWarning, stdoutStyle, withAdminClient } from '../context.js';
import type { CliContext } from '../context.js';
import { JoinedManifests } from '../joined-manifests.js';
import { readManifests } from '../manifest-files.js';
import { appliedName } from '../output/applied.js';
import { renderChange } from '../output/changes.js';
import { renderDocument } from '../output/document.js';
import type { DocumentFormat } from '../output/document.js';
import { printable } from '../output/style.js';
import type { Style } from '../output/style.js';
import { WaitProgress } from '../output/wait-progress.js';
import { manifestsOption, namespaceOption, outputOption } from './shared-options.js';

interface ApplyOptions {
  readonly filename: readonly string[];
  readonly namespace: string;
  readonly dryRun?: true;
  readonly output?: DocumentFormat;
  readonly wait?: string | true;
}

export function applyCommand(context: CliContext, finish: (exitCode: number) => void): Command {
  return new Command('apply')
    .summary('create or change what manifests describe, all or nothing')
    .description('Sends all documents of all files in one transaction: either every one is applied, or none.')
    .addOption(manifestsOption())
    .addOption(namespaceOption())
    .option('--dry-run', 'check everything and show what would change, but change nothing')
    .option('--wait [time]', 'then wait until every data plane serves it, at most so long (60s)')
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  signalbox apply -f manifests/quickstart
  signalbox apply -f provider.yaml -f routes.yaml --dry-run
  signalbox apply -f routes.yaml --wait=2m
  generate-manifests | signalbox apply -f -`,
    )
    .action(async (options: ApplyOptions) => {
      const dryRun = options.dryRun === true;
      const waitMs = waitMsOf(options);
      const manifests = new JoinedManifests(await readManifests(options.filename, context.stdin));
      await withAdminClient(context, async (client) => {
        const answer = await postApply(client, manifests, { dryRun, namespace: options.namespace });
        for (const text of warningsIn(answer, manifests)) showWarning(context, text);
        context.stdout.write(
          options.output ? renderDocument(answer, options.output) : renderApplied(answer, dryRun, stdoutStyle(context)),
        );
        if (waitMs !== undefined) finish(await awaitReady(context, client, answer, waitMs));
      });
    });
}

/** `undefined`: not to wait. */
function waitMsOf({ wait, dryRun }: ApplyOptions): number | undefined {
  if (wait === undefined) return undefined;
  if (dryRun) throw new CliError('--dry-run changes nothing to --wait for.', { exitCode: exitCodes.usage });
  try {
    return durationMs(wait === true ? '60s' : wait);
  } catch (cause) {
    throw new CliError(`--wait: ${(cause as Error).message}.`, { cause, exitCode: exitCodes.usage });
  }
}

function renderApplied(answer: ApplyAnswer, dryRun: boolean, style: Style): string {
  const lines = answer.objects.flatMap((object) => [
    `${appliedName(object)} ${object.result}${dryRun ? ' (dry run)' : ''}`,
    ...(object.result === 'configured' ? object.changes.map((change) => `  ${renderChange(change, style)}`) : []),
    ...(object.conditions ?? [])
      .filter(({ status }) => status === 'False')
      .map(({ type, reason, message }) => `  ${style('red', printable(`${type}=False ${reason}: ${message}`))}`),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

/** The exit code: whether every object is served as it was applied when the time is over. */
async function awaitReady(
  context: CliContext,
  client: AdminClient,
  { objects }: ApplyAnswer,
  timeoutMs: number,
): Promise<number> {
  const progress = new WaitProgress(context.stderr);
  const pending = await waitReady(client, objects, {
    timeoutMs,
    signal: context.interrupted,
    onChange: (left) => progress.show(left),
  }).finally(() => progress.stop());
  for (const { object, missing } of pending) {
    context.stderr.write(`${printable(`${appliedName(object)} is not ready: ${missing}`)}\n`);
  }
  if (pending.length === 0) return exitCodes.ok;
  return context.interrupted.aborted ? exitCodes.interrupted : exitCodes.notReady;
}
