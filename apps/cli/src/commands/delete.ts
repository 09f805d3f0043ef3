import { Command } from 'commander';
import { type ApiObject, type Condition, ManifestError, readYAML } from '#libs/apimachinery';
import { durationMs, kindOf } from '#libs/resources';
import type { AdminClient } from '../client/admin-client.js';
import { objectReferences, referenceText, resourcePath } from '../client/resource-path.js';
import type { ObjectReference } from '../client/resource-path.js';
import { ServerError } from '../client/server-error.js';
import { type Going, waitGone } from '../client/wait-gone.js';
import { withDeadline } from '../client/with-deadline.js';
import { CliError, exitCodes } from '../cli-error.js';
import { withAdminClient } from '../context.js';
import type { CliContext } from '../context.js';
import { JoinedManifests } from '../joined-manifests.js';
import { readManifests } from '../manifest-files.js';
import { printable } from '../output/style.js';
import { manifestsOption, namespaceOption } from './shared-options.js';

interface DeleteOptions {
  readonly namespace: string;
  readonly filename?: readonly string[];
  readonly ignoreNotFound?: true;
  readonly dryRun?: true;
  /** `--no-wait` */
  readonly wait: boolean;
  readonly timeout: string;
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
    .option('--no-wait', 'don’t wait for what goes later, as a namespace with all that is in it')
    .option('--timeout <time>', 'wait at most so long', '60s')
    .addHelpText(
      'after',
      `
Examples:
  signalbox delete routepolicy chat
  signalbox delete provider/alpha keypool/alpha
  signalbox delete -f manifests/quickstart --ignore-not-found
  signalbox delete namespace team --timeout 5m`,
    )
    .action(async (objects: readonly string[], options: DeleteOptions) => {
      const timeoutMs = timeoutMsOf(options);
      const references = await selected(context, objects, options);
      await withAdminClient(context, async (client) => {
        const failures: CliError[] = [];
        const going: Going[] = [];
        for (const reference of references) {
          await collected(failures, async () => {
            going.push(...(await remove(context, client, reference, options)));
          });
        }
        // All are marked before the first is waited for: they go side by side.
        await withDeadline({ timeoutMs, interrupted: context.interrupted }, async ({ signal }) => {
          for (const each of going) await collected(failures, () => awaitGone(context, client, each, signal));
        });
        reportAll(failures);
      });
    });
}

function timeoutMsOf({ timeout }: DeleteOptions): number {
  try {
    return durationMs(timeout);
  } catch (cause) {
    throw new CliError(`--timeout: ${(cause as Error).message}.`, { cause, exitCode: exitCodes.usage });
  }
}

async function collected(failures: CliError[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ServerError || error instanceof StillThere)) throw error;
    failures.push(error);
  }
}

/** One that can't be deleted doesn't keep the others; the first one's exit code stands for all. */
function reportAll(failures: readonly CliError[]): void {
  const [first] = failures;
  if (!first) return;
  const hints = [...new Set(failures.flatMap((failure) => failure.hints))];
  throw new CliError(failures.map(({ message }) => message).join('\n'), { exitCode: first.exitCode, hints });
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
        return { kind, namespace: kind.namespaced ? metadata.namespace || namespace : '', name: metadata.name };
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

/** What the server has only marked, and is to be waited for. */
async function remove(
  context: CliContext,
  client: AdminClient,
  reference: ObjectReference,
  options: DeleteOptions,
): Promise<Going[]> {
  const name = referenceText(reference);
  try {
    const { metadata } = await client.json<Partial<ApiObject>>({
      method: 'DELETE',
      path: resourcePath(reference.kind, reference.namespace, reference.name),
      query: { dryRun: options.dryRun && 'All' },
    });
    const isGoing = !options.dryRun && metadata?.deletionTimestamp !== undefined;
    if (isGoing && options.wait) return [{ reference, uid: metadata.uid ?? '' }];
    context.stdout.write(`${name} ${isGoing ? 'is being deleted' : `deleted${options.dryRun ? ' (dry run)' : ''}`}\n`);
  } catch (error) {
    if (!options.ignoreNotFound || !(error instanceof ServerError) || error.statusCode !== 404) throw error;
    context.stdout.write(`${name} not found\n`);
  }
  return [];
}

/** It goes on without us: nothing has to be asked for again. */
class StillThere extends CliError {}

async function awaitGone(context: CliContext, client: AdminClient, going: Going, end: AbortSignal): Promise<void> {
  const name = referenceText(going.reference);
  const last = await waitGone(client, going, end);
  if (!last) {
    context.stdout.write(`${name} deleted\n`);
    return;
  }
  const { kind } = going.reference;
  throw new StillThere(printable(`${name} is still being deleted: ${holding(last)}`), {
    exitCode: context.interrupted.aborted ? exitCodes.interrupted : exitCodes.failure,
    hints: [`It goes once nothing holds it; \`signalbox get ${kind.plural} ${going.reference.name} -w\` shows when.`],
  });
}

/** A Namespace says it in conditions that are True for what is amiss, other objects by their finalizers. */
function holding({ status, metadata: { finalizers = [] } }: ApiObject): string {
  const conditions = (status?.['conditions'] ?? []) as readonly Condition[];
  const reasons = conditions.filter(({ type, status: holds }) => type.startsWith('Namespace') && holds === 'True');
  if (reasons.length > 0) return reasons.map(({ message }) => message).join('; ');
  return finalizers.length > 0 ? `its finalizers are ${finalizers.join(', ')}` : 'the server has not said why';
}
