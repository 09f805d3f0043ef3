import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { auditHead, listAudit, verifyAudit } from '../client/audit.js';
import type { AuditEntry, AuditHead, AuditVerification, VerificationProgress } from '../client/audit.js';
import { findKind } from '../client/resource-path.js';
import { CliError, exitCodes } from '../cli-error.js';
import { stdoutStyle, withAdminClient } from '../context.js';
import type { CliContext } from '../context.js';
import { renderChange } from '../output/changes.js';
import { renderDocument } from '../output/document.js';
import type { DocumentFormat } from '../output/document.js';
import { printable } from '../output/style.js';
import type { OutputStream, Style } from '../output/style.js';
import { outputOption, positiveInteger } from './shared-options.js';

interface AuditOptions {
  readonly object?: string;
  readonly actor?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
  readonly output?: DocumentFormat;
}

export function auditCommand(context: CliContext, finish: (exitCode: number) => void): Command {
  const audit = new Command('audit')
    .summary('who changed which field of which object when')
    .description('Shows the writes, newest first, with the fields that changed. Secrets appear as fingerprints.')
    .option('--object <object>', 'KIND, KIND/NAME or KIND/NAMESPACE/NAME')
    .option('--actor <user>', 'only what this user wrote')
    .option('--since <time>', 'a date and time (2026-01-31T12:00:00Z) or an age (90s, 15m, 2h, 7d)', instant)
    .option('--until <time>', 'the same, for the end', instant)
    .option('--limit <count>', 'at most so many writes', positiveInteger, 50)
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  signalbox audit --object RoutePolicy/default/chat
  signalbox audit --actor admin --since 24h -o json
  signalbox audit verify`,
    )
    .action(async (options: AuditOptions) => {
      const { output, object, ...query } = options;
      const entries = await withAdminClient(context, (client) =>
        listAudit(client, { ...query, ...objectQuery(object) }),
      );
      if (output) context.stdout.write(renderDocument({ kind: 'AuditList', items: entries }, output));
      else for (const entry of entries) context.stdout.write(renderEntry(entry, stdoutStyle(context)));
      if (entries.length === 0 && !output) context.stderr.write('No writes match.\n');
    });
  audit
    .command('head')
    .summary('the end of the audit as it is now, to be kept elsewhere')
    .description(
      'Prints the id and hash of the newest row, vouched for by the audit key. Kept where nobody who can write to the ' +
        'database reaches it, it shows later whether rows up to it were cut off.',
    )
    .addHelpText('after', '\nExamples:\n  signalbox audit head > audit-head-$(date +%F).json')
    .action(async () => {
      context.stdout.write(`${JSON.stringify(await withAdminClient(context, auditHead))}\n`);
    });
  audit
    .command('verify')
    .summary('check that no row of the audit was altered, removed or added')
    .description(
      "Recomputes the chain of keyed hashes. Exits 1 and names the first bad row if the audit isn't what was written. " +
        'Rows cut off at the end together with their record show only against a head that was exported before.',
    )
    .option('--from-head <file>', 'go on from a head that `signalbox audit head` printed', readHead)
    .addHelpText(
      'after',
      '\nExamples:\n  signalbox audit verify\n  signalbox audit verify --from-head audit-head-2026-01-31.json',
    )
    .action(async ({ fromHead }: { fromHead?: AuditHead }) => {
      const result = await withAdminClient(context, (client) =>
        verifyAudit(client, fromHead, (progress) => showProgress(context.stderr, progress)),
      );
      context.stdout.write(renderVerification(result, fromHead));
      finish(result.valid ? exitCodes.ok : exitCodes.failure);
    });
  return audit;
}

function objectQuery(object: string | undefined): { kind?: string; group?: string; namespace?: string; name?: string } {
  if (object === undefined) return {};
  const parts = object.split('/');
  const kind = findKind(parts[0] ?? '');
  if (parts.length > 3 || parts.includes('')) {
    throw new CliError('--object is KIND, KIND/NAME or KIND/NAMESPACE/NAME.', { exitCode: exitCodes.usage });
  }
  const name = parts.length > 1 ? parts.at(-1) : undefined;
  return { group: kind.group, kind: kind.kind, namespace: parts.length === 3 ? parts[1] : undefined, name };
}

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** RFC 3339, or an age before now. */
function instant(text: string): string {
  const age = /^(\d{1,6})([smhd])$/.exec(text);
  const time = age ? Date.now() - Number(age[1]) * (unitsMs[age[2] ?? ''] ?? 0) : Date.parse(text);
  if (Number.isNaN(time))
    throw new InvalidArgumentError('It must be a time such as 2026-01-31T12:00:00Z, or an age such as 2h.');
  return new Date(time).toISOString();
}

function renderEntry(entry: AuditEntry, style: Style): string {
  const object = [entry.kind, entry.namespace, entry.name, entry.subresource].filter(Boolean).join('/');
  const head = `${style('gray', entry.at)}  ${style('bold', printable(entry.actor))} ${entry.verb} ${printable(object)}`;
  const tail = style('gray', `row ${entry.id}, generation ${entry.generation}, revision ${entry.revision}`);
  const lines = [`${head}  ${tail}`, ...entry.changes.map((change) => `    ${renderChange(change, style)}`)];
  return lines.map((line) => `${line}\n`).join('');
}

function readHead(file: string): AuditHead {
  let head: Partial<AuditHead> | null;
  try {
    head = JSON.parse(readFileSync(file, 'utf8')) as Partial<AuditHead> | null;
  } catch (error) {
    if (error instanceof SyntaxError) throw notAHead(file);
    throw new InvalidArgumentError(`${file} can't be read: ${(error as Error).message}.`);
  }
  if (Number.isSafeInteger(head?.id) && head?.hash !== undefined && head.mac !== undefined) return head as AuditHead;
  throw notAHead(file);
}

function notAHead(file: string): InvalidArgumentError {
  return new InvalidArgumentError(`${file} isn't what \`signalbox audit head\` prints.`);
}

/** On a terminal, on one line. */
function showProgress(stream: OutputStream, { row, head }: VerificationProgress): void {
  if (stream.isTTY) stream.write(`\rrow ${row} of ${head}${row === head ? '\n' : ''}`);
}

function renderVerification(result: AuditVerification, from: AuditHead | undefined): string {
  if (!result.valid) return `The audit was altered at row ${result.badRow}: ${printable(result.reason)}.\n`;
  const since = from ? ` after row ${from.id}` : '';
  const unkeyed =
    result.unkeyedRows === 0
      ? ''
      : ` ${result.unkeyedRows} of them are from before the audit had a key: that they were not altered before that is not proved.\n`;
  return `The audit is intact: ${result.rows} rows${since}, up to row ${result.head}.\n${unkeyed}`;
}
