import { Command } from 'commander';
import { type ApiObject, ManifestError, readYAML } from '#libs/apimachinery';
import { kindOf } from '#libs/resources';
import type { AdminClient } from '../client/admin-client.js';
import { objectReferences, referenceText, resourcePath } from '../client/resource-path.js';
import type { ObjectReference } from '../client/resource-path.js';
import { ServerError } from '../client/server-error.js';
import { CliError, exitCodes } from '../cli-error.js';
import { withAdminClient } from '../context.js';
import type { CliContext } from '../context.js';
import { JoinedManifests } from '../joined-manifests.js';
import { readManifests } from '../manifest-files.js';
import { manifestsOption, namespaceOption } from './shared-options.js';

interface DeleteOptions {
  readonly namespace: string;
  readonly filename?: readonly string[];
  readonly ignoreNotFound?: true;
  readonly dryRun?: true;
}

export function deleteCommand(context: CliContext): Command {
  return new Command('delete')
    .summary('delete objects by name or by manifest')
    .description('Deletes the named objects, or those that manifests describe (the last described first).')
    .argument('[object...]', 'KIND NAME..., or KIND/NAME ...')
    .addOption(namespaceOption())
    .addOption(manifestsOption().makeOptionMandatory(false))
    .option('--ignore-not-found', 'what is not there counts as deleted')
    .option('--dry-run', 'check, but delete nothing')
    .addHelpText(
      'after',
      `
Examples:
  signalbox delete routepolicy chat
  signalbox delete provider/alpha keypool/alpha
  signalbox delete -f manifests/quickstart --ignore-not-found`,
    )
    .action(async (objects: readonly string[], options: DeleteOptions) => {
      const references = await selected(context, objects, options);
      await withAdminClient(context, async (client) => {
        const failures: CliError[] = [];
        for (const reference of references) {
          await remove(context, client, reference, options).catch((error: unknown) => {
            if (!(error instanceof ServerError)) throw error;
            failures.push(error);
          });
        }
        reportAll(failures);
      });
    });
}

/** One that can't be deleted doesn't keep the others; the first one's exit code stands for all. */
function reportAll(failures: readonly CliError[]): void {
  const [first] = failures;
  if (!first) return;
  throw new CliError(failures.map(({ message }) => message).join('\n'), { exitCode: first.exitCode });
}

async function selected(
  context: CliContext,
  objects: readonly string[],
  options: DeleteOptions,
): Promise<ObjectReference[]> {
  if (objects.length > 0 === (options.filename !== undefined)) {
    throw new CliError('Name objects (KIND NAME, or KIND/NAME) or manifests (-f), one of the two.', {
      exitCode: exitCodes.usage,
    });
  }
  if (!options.filename) return objectReferences(objects, options.namespace);
  const manifests = await readManifests(options.filename, context.stdin);
  return described(new JoinedManifests(manifests), options.namespace).reverse();
}

/** Which objects the documents are about; by the same reader as the server's. */
function described(manifests: JoinedManifests, namespace: string): ObjectReference[] {
  try {
    return readYAML(manifests.text).flatMap(({ number, line, value }) =>
      itemsOf(value).map((item) => {
        const { apiVersion, kind: kindName, metadata } = (item ?? {}) as Partial<ApiObject>;
        const kind = kindOf(String(apiVersion), String(kindName));
        if (!kind || typeof metadata?.name !== 'string' || metadata.name === '') {
          throw new ManifestError('names no object of a known kind', { document: number, line });
        }
        return { kind, namespace: kind.namespaced ? (metadata.namespace ?? namespace) : '', name: metadata.name };
      }),
    );
  } catch (cause) {
    if (!(cause instanceof ManifestError)) throw cause;
    throw new CliError(manifests.located(cause.message), { cause });
  }
}

/** A `List` counts as its items, as it does for apply. */
function itemsOf(value: unknown): readonly unknown[] {
  const { apiVersion, kind, items } = (value ?? {}) as Partial<ApiObject>;
  return apiVersion === 'v1' && kind === 'List' && Array.isArray(items) ? (items as unknown[]) : [value];
}

async function remove(
  context: CliContext,
  client: AdminClient,
  reference: ObjectReference,
  options: DeleteOptions,
): Promise<void> {
  const name = referenceText(reference);
  try {
    await client.json({
      method: 'DELETE',
      path: resourcePath(reference.kind, reference.namespace, reference.name),
      query: { dryRun: options.dryRun && 'All' },
    });
    context.stdout.write(`${name} deleted${options.dryRun ? ' (dry run)' : ''}\n`);
  } catch (error) {
    if (!options.ignoreNotFound || !(error instanceof ServerError) || error.statusCode !== 404) throw error;
    context.stdout.write(`${name} not found\n`);
  }
}
