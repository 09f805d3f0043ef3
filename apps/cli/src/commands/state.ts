import { Command } from 'commander';
import { askDataPlane, dataPlaneAdminUrl } from '../client/data-plane-admin.js';
import type { CliContext } from '../context.js';
import { type DocumentFormat, renderDocument } from '../output/document.js';
import { printable } from '../output/style.js';
import { renderTable } from '../output/table.js';
import { outputOption, positiveInteger } from './shared-options.js';

interface StateOptions {
  readonly dataPlane?: string;
  readonly provider?: string;
  readonly limit?: number;
  readonly output?: DocumentFormat;
}

type Item = Readonly<Record<string, string | number | boolean | null | undefined>>;
interface Section {
  readonly total: number;
  readonly items: readonly Item[];
}

/** Of `GET /state`, as far as tables show it. */
interface StateAnswer {
  readonly dataPlane: string;
  readonly table: { readonly revision: number; readonly version: string } | null;
  readonly controlPlane: { readonly connected: boolean };
  readonly requests: { readonly inFlight: number };
  readonly breakers: Section;
  readonly cooldowns: Section;
  /** Absent: a data plane of before. */
  readonly backends?: Section;
  readonly keys: Section;
  readonly connections: Section;
  readonly queues: Section;
  readonly consumers: Section;
}

export function stateCommand(context: CliContext): Command {
  return new Command('state')
    .summary('what a data plane remembers and has in flight: breakers, pauses of keys, queues')
    .description(
      'Asks the admin listener of one data plane what it remembers of backends and keys, and what requests have taken ' +
        'from it now. Open breakers come first; closed ones are left out of the table, and are in -o json.',
    )
    .option('--data-plane <url>', 'its admin listener; default: SIGNALBOX_DATA_PLANE_ADMIN_URL, or that of .signalbox')
    .option('--provider <name>', 'only what belongs to this Provider: NAME or NAMESPACE/NAME')
    .option('--limit <count>', 'at most so many of each (100; up to 1000)', positiveInteger)
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n  signalbox state\n  signalbox state --provider openai --data-plane http://10.0.0.7:7073 -o json',
    )
    .action(async ({ dataPlane, provider, limit, output }: StateOptions) => {
      const url = dataPlaneAdminUrl(context, dataPlane);
      const query = { provider, limit: limit?.toString() };
      const state = await askDataPlane<StateAnswer>(url, { path: '/state', query }, context.interrupted);
      context.stdout.write(output ? renderDocument(state, output) : renderState(state));
      if (provider !== undefined && output === undefined && isEmpty(state)) {
        const hint = '`signalbox get providers -A` shows those that there are.';
        context.stderr.write(`${state.dataPlane} remembers nothing of a provider ${printable(provider)}. ${hint}\n`);
      }
    });
}

/** Of one provider: consumers belong to none. */
const isEmpty = ({ breakers, cooldowns, keys, connections, queues }: StateAnswer): boolean =>
  [breakers, cooldowns, keys, connections, queues].every(({ total }) => total === 0);

function renderState(state: StateAnswer): string {
  const { dataPlane, table, controlPlane, requests } = state;
  const head = renderTable(
    ['data plane', 'revision', 'version', 'control plane', 'in flight'],
    [
      [
        dataPlane,
        table?.revision ?? '',
        table?.version.slice(0, 12) ?? '',
        controlPlane.connected ? 'connected' : 'not connected',
        requests.inFlight,
      ],
    ],
  );
  const tables = [
    part(state.breakers, ['breaker', 'phase', 'since', 'until', 'cause', 'code'], ({ phase }) => phase !== 'Closed'),
    part(state.cooldowns, ['key', 'model', 'cause', 'until'], () => true, resting),
    part(state.backends ?? noItems, ['backend', 'provider', 'inFlight'], inFlight),
    part(state.keys, ['quotaGroup', 'inFlight'], inFlight),
    part(state.connections, ['target', 'inUse'], ({ inUse }) => inUse !== 0),
    part(state.queues, ['for', 'waiting']),
    part(state.consumers, ['consumer', 'inFlight'], inFlight),
  ];
  return [head, ...tables.filter((text) => text !== '')].join('\n');
}

/** A table of the items that are worth a line; '': there are none. */
function part(
  { total, items }: Section,
  columns: readonly string[],
  isShown: (item: Item) => boolean = () => true,
  shown: (item: Item) => Item = (item) => item,
): string {
  const rows = items.filter(isShown).map((item) => columns.map((name) => shown(item)[name]));
  if (rows.length === 0) return '';
  // What is worth a line comes first: where one was left out, there is no more of it.
  const left = rows.length === items.length ? total - items.length : 0;
  const more = left > 0 ? `... and ${left} more; see --limit and --provider\n` : '';
  return renderTable(columns.map(spaced), rows) + more;
}

const noItems: Section = { total: 0, items: [] };

const inFlight = (item: Item): boolean => item['inFlight'] !== 0;

/** A pause without an end ends with the key's value; a key on trial is used by one request at a time. */
function resting(item: Item): Item {
  if (item['until'] === null) return { ...item, until: 'its value changes' };
  if (item['until'] === undefined && item['onTrial']) return { ...item, until: 'a request succeeds' };
  return item;
}

/** `quotaGroup`: `quota group`. */
const spaced = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
