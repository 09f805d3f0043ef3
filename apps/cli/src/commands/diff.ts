import { Command } from 'commander';
import { postApply, warningsIn } from '../client/apply.js';
import { CliError, exitCodes } from '../cli-error.js';
import { showWarning, stdoutStyle, withAdminClient } from '../context.js';
import type { CliContext } from '../context.js';
import { JoinedManifests } from '../joined-manifests.js';
import { readManifests } from '../manifest-files.js';
import { renderChange } from '../output/changes.js';
import { appliedName } from '../output/applied.js';
import { manifestsOption, namespaceOption } from './shared-options.js';

/** As of diff(1) and `kubectl diff`: 0 the same, 1 different, above 1 it could not be told. */
const differs = 1;
const trouble = 2;

export function diffCommand(context: CliContext, finish: (exitCode: number) => void): Command {
  return new Command('diff')
    .summary('show which fields an apply would change')
    .description('Asks the server what an apply would change. Exits 0 if nothing, 1 if something, above 1 on an error.')
    .addOption(manifestsOption())
    .addOption(namespaceOption())
    .addHelpText('after', '\nExample:\n  signalbox diff -f manifests/ || signalbox apply -f manifests/')
    .action(async (options: { filename: readonly string[]; namespace: string }) => {
      const { objects } = await notJustOne(async () => {
        const manifests = new JoinedManifests(await readManifests(options.filename, context.stdin));
        const answer = await withAdminClient(context, (client) =>
          postApply(client, manifests, { dryRun: true, namespace: options.namespace }),
        );
        for (const text of warningsIn(answer, manifests)) showWarning(context, text);
        return answer;
      });
      const changed = objects.filter((object) => object.result !== 'unchanged');
      for (const object of changed) {
        const lines = [
          `${appliedName(object)} would be ${object.result}`,
          ...object.changes.map((change) => `  ${renderChange(change, stdoutStyle(context))}`),
        ];
        context.stdout.write(lines.map((line) => `${line}\n`).join(''));
      }
      finish(changed.length === 0 ? exitCodes.ok : differs);
    });
}

/** An error must not be taken for "there are differences". */
async function notJustOne<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CliError && error.exitCode <= differs) {
      throw new CliError(error.message, { ...error.options, exitCode: trouble });
    }
    throw error;
  }
}
