import { printable } from '../output/style.js';
import type { Style } from '../output/style.js';

/** pino's numbers. */
const levels = [
  { from: 60, name: 'FATAL', format: 'red' },
  { from: 50, name: 'ERROR', format: 'red' },
  { from: 40, name: 'WARN', format: 'yellow' },
  { from: 30, name: 'INFO', format: 'green' },
  { from: 0, name: 'DEBUG', format: 'gray' },
] as const;

export const warnLevel = 40;
export const infoLevel = 30;

/** Said elsewhere on the line, or of no use to a reader at a terminal. */
const unshown = new Set(['level', 'time', 'pid', 'hostname', 'name', 'msg', 'err']);

export interface LogLine {
  readonly level: number;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
  readonly text: string;
}

/** A child's line: pino's JSON, Postgres's `LOG:  text`, or plain text such as a stack (a warning: nobody prints it by plan). */
export function parseLogLine(text: string): LogLine {
  if (text.startsWith('{')) {
    try {
      const fields = JSON.parse(text) as Record<string, unknown>;
      return { level: levelOf(fields['level']), fields, text };
    } catch {
      // Not JSON after all.
    }
  }
  const postgres = /^[0-9-]+ [0-9:.]+ \w+ \[\d+\] (\w+): /.exec(text);
  if (postgres) return { level: postgresLevel(postgres[1] ?? ''), fields: undefined, text };
  return { level: warnLevel, fields: undefined, text };
}

/** pino writes its number or, so configured, its name. */
function levelOf(level: unknown): number {
  if (typeof level === 'number') return level;
  return levels.find(({ name }) => name.toLowerCase() === level)?.from ?? infoLevel;
}

/** Postgres's routine messages (LOG) say nothing that the steps don't. */
function postgresLevel(severity: string): number {
  if (severity === 'FATAL' || severity === 'PANIC') return 60;
  if (severity === 'ERROR') return 50;
  return severity === 'WARNING' ? warnLevel : 20;
}

/** `08:15:02.113 INFO  control-plane  message key=value ...` */
export function renderLogLine(program: string, line: LogLine, style: Style): string {
  const level = levels.find(({ from }) => line.level >= from) ?? levels[levels.length - 1]!;
  const { fields } = line;
  const time = timeOf(fields?.['time']);
  const head = [
    style('gray', time.toISOString().slice(11, 23)),
    style(level.format, level.name.padEnd(5)),
    style('cyan', program.padEnd(13)),
  ].join(' ');
  if (!fields) return `${head} ${printable(line.text)}`;
  const rest = Object.entries(fields)
    .filter(([key]) => !unshown.has(key))
    .map(([key, value]) => style('gray', `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`));
  return printableLine([head, textOf(fields['msg']), ...rest, errorText(fields['err'])]);
}

/** The message and its error's, without time, fields and stack: for a person who asks why. */
export function plainText({ fields, text }: LogLine): string {
  if (!fields) return printable(text);
  const error = fields['err'] as { readonly message?: unknown } | null | undefined;
  return printable([textOf(fields['msg']), textOf(error?.message)].filter((part) => part !== '').join(': '));
}

/** Epoch milliseconds or RFC 3339; what comes without a time is printed as it comes. */
function timeOf(value: unknown): Date {
  const time = new Date(typeof value === 'number' || typeof value === 'string' ? value : Date.now());
  return Number.isNaN(time.getTime()) ? new Date() : time;
}

function printableLine(parts: readonly string[]): string {
  const [head = '', message = '', ...rest] = parts;
  return [head, printable(message), ...rest].filter((part) => part !== '').join(' ');
}

function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { message, stack } = error as { message?: unknown; stack?: unknown };
  return printable(textOf(stack) || textOf(message));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
