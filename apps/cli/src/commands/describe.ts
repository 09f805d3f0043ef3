import { Command } from 'commander';
import type { ApiObject, Condition } from '#libs/apimachinery';
import { listAudit } from '../client/audit.js';
import type { AuditEntry } from '../client/audit.js';
import { objectReferences, resourcePath } from '../client/resource-path.js';
import { stdoutStyle, withAdminClient } from '../context.js';
import type { CliContext } from '../context.js';
import { renderChange } from '../output/changes.js';
import { renderDocument } from '../output/document.js';
import { printable } from '../output/style.js';
import type { Style } from '../output/style.js';
import { renderTable } from '../output/table.js';
import { namespaceOption } from './shared-options.js';

const shownChanges = 5;

export function describeCommand(context: CliContext): Command {
  return new Command('describe')
    .summary('show an object, its conditions and its latest changes')
    .argument('<object...>', 'KIND NAME..., or KIND/NAME ...')
    .addOption(namespaceOption())
    .addHelpText('after', '\nExample:\n  signalbox describe routepolicy chat')
    .action(async (objects: readonly string[], options: { namespace: string }) => {
      await withAdminClient(context, async (client) => {
        for (const { kind, namespace, name } of objectReferences(objects, options.namespace)) {
          const object = await client.json<ApiObject>({ path: resourcePath(kind, namespace, name) });
          const query = { group: kind.group, kind: kind.kind, namespace, name, limit: shownChanges };
          context.stdout.write(renderDescription(object, await listAudit(client, query), stdoutStyle(context)));
        }
      });
    });
}

function renderDescription(object: ApiObject, audit: readonly AuditEntry[], style: Style): string {
  const { apiVersion, kind, metadata, status, ...content } = object;
  const conditions = (status?.['conditions'] ?? []) as readonly Condition[];
  const { conditions: _shownAsTable, ...otherStatus } = status ?? {};
  const sections: [string, string][] = [
    ['Labels', section(metadata.labels)],
    ['Annotations', section(withoutLastApplied(metadata.annotations))],
    ...Object.entries(content).map(([name, value]): [string, string] => [capital(name), section(value)]),
    ['Status', section(otherStatus)],
    ['Conditions', conditionTable(conditions)],
    ['Changes', audit.map((entry) => changeLines(entry, style)).join('')],
  ];
  const head = [
    ['Name', metadata.name],
    ...(metadata.namespace ? [['Namespace', metadata.namespace]] : []),
    ['Kind', `${kind} (${apiVersion})`],
    ['Created', metadata.creationTimestamp ?? ''],
    ['Generation', String(metadata.generation ?? '')],
  ];
  return [
    ...head.map(([name = '', value = '']) => `${`${name}:`.padEnd(13)}${printable(value)}\n`),
    ...sections
      .filter(([, text]) => text !== '')
      .map(([name, text]) => `${style('bold', `${name}:`)}\n${indent(text)}`),
    '\n',
  ].join('');
}

/** kubectl keeps the manifest it applied in an annotation; the object itself is shown above. */
function withoutLastApplied(annotations: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { 'kubectl.kubernetes.io/last-applied-configuration': _manifest, ...others } = annotations;
  return others;
}

function section(value: unknown): string {
  const empty = value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
  return empty ? '' : printable(renderDocument(value, 'yaml'));
}

function conditionTable(conditions: readonly Condition[]): string {
  if (conditions.length === 0) return '';
  return renderTable(
    ['Type', 'Status', 'Reason', 'Since', 'Message'],
    conditions.map(({ type, status, reason, lastTransitionTime, message }) => [
      type,
      status,
      reason,
      lastTransitionTime,
      message,
    ]),
  );
}

function changeLines(entry: AuditEntry, style: Style): string {
  const changes = entry.changes.map((change) => `  ${renderChange(change, style)}\n`).join('');
  return `${entry.at} ${printable(entry.actor)} ${entry.verb}${entry.subresource ? ` ${entry.subresource}` : ''} (generation ${entry.generation})\n${changes}`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
