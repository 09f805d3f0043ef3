import { Command } from 'commander';
import { postApply } from '../client/apply.js';
import type { AppliedObject, ApplyAnswer } from '../client/apply.js';
import { stdoutStyle, withAdminClient } from '../context.js';
import type { CliContext } from '../context.js';
import { readManifests } from '../manifest-files.js';
import { renderChange } from '../output/changes.js';
import { renderDocument } from '../output/document.js';
import type { DocumentFormat } from '../output/document.js';
import { printable } from '../output/style.js';
import type { Style } from '../output/style.js';
import { manifestsOption, namespaceOption, outputOption } from './shared-options.js';

interface ApplyOptions {
  readonly filename: readonly string[];
  readonly namespace: string;
  readonly dryRun?: true;
  readonly output?: DocumentFormat;
}

export function applyCommand(context: CliContext): Command {
  return new Command('apply')
    .summary('create or change what manifests describe, all or nothing')
    .description('Sends all documents of all files in one transaction: either every one is applied, or none.')
    .addOption(manifestsOption())
    .addOption(namespaceOption())
    .option('--dry-run', 'check everything and show what would change, but change nothing')
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  signalbox apply -f manifests/quickstart
  signalbox apply -f provider.yaml -f routes.yaml --dry-run
  generate-manifests | signalbox apply -f -`,
    )
    .action(async (options: ApplyOptions) => {
      const manifests = await readManifests(options.filename, context.stdin);
      const dryRun = options.dryRun === true;
      const answer = await withAdminClient(context, (client) =>
        postApply(client, manifests, { dryRun, namespace: options.namespace }),
      );
      const text = options.output
        ? renderDocument(answer, options.output)
        : renderApplied(answer, dryRun, stdoutStyle(context));
      context.stdout.write(text);
    });
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

/** `provider/default/alpha`, or `namespace/team` for cluster-scoped kinds. */
export function appliedName(object: Pick<AppliedObject, 'kind' | 'namespace' | 'name'>): string {
  return [object.kind.toLowerCase(), ...(object.namespace ? [object.namespace] : []), object.name].join('/');
}
