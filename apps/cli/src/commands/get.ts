import { Command } from 'commander';
import type { ApiObject, KindDefinition } from '#libs/apimachinery';
import type { AdminClient } from '../client/admin-client.js';
import { findKind, resourcePath } from '../client/resource-path.js';
import { CliError, exitCodes } from '../cli-error.js';
import { withAdminClient } from '../context.js';
import type { CliContext } from '../context.js';
import { renderDocument } from '../output/document.js';
import { renderServerTable, tableAccept } from '../output/server-table.js';
import type { ServerTable } from '../output/server-table.js';
import { requestFor, tableOptions } from './get-request.js';
import type { GetOptions } from './get-request.js';
import { namespaceOption, outputOption } from './shared-options.js';
import { watchTable } from './watch.js';

export function getCommand(context: CliContext): Command {
  return new Command('get')
    .summary('list objects, or show one')
    .description('Lists the objects of a kind (or of several, separated by commas), or shows one.')
    .argument('<kind>', 'plural, singular or short name of a kind, such as routepolicies')
    .argument('[name]', 'one object')
    .addOption(namespaceOption())
    .option('-A, --all-namespaces', 'the objects of all namespaces')
    .option('-l, --selector <labels>', 'only objects with these labels, such as team=red,tier!=test')
    .addOption(outputOption('wide'))
    .option('--effective', 'with every default filled in (shown as YAML unless -o json)')
    .option('-w, --watch', 'go on showing changes as they happen')
    .addHelpText(
      'after',
      `
Examples:
  signalbox get providers -A
  signalbox get routepolicy chat -o yaml
  signalbox get routepolicy chat --effective
  signalbox get providers,keypools,routepolicies -o wide
  signalbox get routepolicies -w`,
    )
    .action(async (kindNames: string, name: string | undefined, options: GetOptions) => {
      const [slashKind = '', slashName] = kindNames.split('/');
      const selected = { kinds: slashKind.split(',').map(findKind), name: name ?? slashName };
      refuseNonsense(selected.kinds, selected.name, options);
      await withAdminClient(context, (client) => get(context, client, selected.kinds, selected.name, options));
    });
}

async function get(
  context: CliContext,
  client: AdminClient,
  kinds: readonly KindDefinition[],
  name: string | undefined,
  options: GetOptions,
): Promise<void> {
  const [kind] = kinds;
  if (options.watch && kind) return watchTable(context, client, kind, name, options);
  const format = options.output === 'json' || options.output === 'yaml' ? options.output : undefined;
  if (format || options.effective) {
    const objects = (await Promise.all(kinds.map((one) => fetchObjects(client, one, name, options)))).flat();
    const shown = options.effective
      ? await Promise.all(objects.map((object) => fetchEffective(client, object)))
      : objects;
    const items = shown.map(inUsualOrder);
    const document = name === undefined ? { apiVersion: 'v1', kind: 'List', items } : items[0];
    context.stdout.write(renderDocument(document, format ?? 'yaml'));
    return;
  }
  for (const [index, one] of kinds.entries()) {
    const table = await client.json<ServerTable>({ ...requestFor(one, name, options), accept: tableAccept });
    if (index > 0) context.stdout.write('\n');
    if (table.rows.length === 0) context.stderr.write(`No ${one.plural} found${placeOf(one, options)}.\n`);
    else context.stdout.write(renderServerTable(table, tableOptions(one, options)));
  }
}

async function fetchObjects(
  client: AdminClient,
  kind: KindDefinition,
  name: string | undefined,
  options: GetOptions,
): Promise<ApiObject[]> {
  const answer = await client.json<ApiObject & { items?: ApiObject[] }>(requestFor(kind, name, options));
  if (name !== undefined) return [answer];
  // Items of a list carry neither; on their own they need both.
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  return (answer.items ?? []).map((item) => ({ ...item, apiVersion, kind: kind.kind }));
}

/** As people write them; the order of a JSON object's members says nothing. */
function inUsualOrder({ apiVersion, kind, metadata, status, ...content }: ApiObject): object {
  return { apiVersion, kind, metadata, ...content, ...(status !== undefined && { status }) };
}

/** The server's own defaults, which may be newer or older than those this command was built with. */
function fetchEffective(client: AdminClient, { kind, metadata }: ApiObject): Promise<ApiObject> {
  const path = resourcePath(findKind(kind), metadata.namespace ?? '', metadata.name);
  return client.json<ApiObject>({ path: `${path}/effective` });
}

function placeOf(kind: KindDefinition, options: GetOptions): string {
  return kind.namespaced && !options.allNamespaces ? ` in namespace ${options.namespace}` : '';
}

function refuseNonsense(kinds: readonly KindDefinition[], name: string | undefined, options: GetOptions): void {
  const refuse = (message: string): never => {
    throw new CliError(message, { exitCode: exitCodes.usage });
  };
  if (name !== undefined && kinds.length > 1) refuse('One name needs one kind.');
  if (name !== undefined && options.allNamespaces) refuse('A name needs one namespace: leave out -A or the name.');
  if (name !== undefined && options.selector) refuse('-l selects from a list: leave out the name.');
  if (options.watch && kinds.length > 1) refuse('-w watches one kind.');
  if (options.watch && (options.effective || options.output === 'json' || options.output === 'yaml')) {
    refuse('-w shows a table: leave out --effective and -o json|yaml.');
  }
}
