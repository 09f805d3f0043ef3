import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import Table from 'cli-table3';
import type { Settings } from './settings.js';

/** What one section found: rows for people, figures for machines. */
export interface SectionReport {
  readonly title: string;
  /** One line on how it was measured. */
  readonly method: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly figures: Record<string, unknown>;
  /** What must hold; where something doesn't, the benchmark exits 1. */
  readonly budgets?: readonly Budget[];
}

export interface Budget {
  readonly name: string;
  readonly value: number;
  /** At most. */
  readonly limit: number;
}

export const isMet = ({ value, limit }: Budget): boolean => value <= limit;

export interface Section {
  readonly name: string;
  /** Too long for a run of everything. */
  readonly onlyWhenNamed?: boolean;
  run(progress: (line: string) => void, settings: Settings): Promise<SectionReport>;
}

export function hardware(): Record<string, string | number> {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    commit: commit(),
  };
}

export function print(report: SectionReport): void {
  const table = new Table({ head: [...report.columns], style: { head: [], border: [] } });
  table.push(...report.rows.map((row) => row.map((cell) => (typeof cell === 'number' ? format(cell) : cell))));
  process.stdout.write(`\n${report.title}\n${report.method}\n${table.toString()}\n`);
  for (const budget of report.budgets ?? []) {
    const verdict = isMet(budget) ? 'met' : 'MISSED';
    process.stdout.write(`${verdict}: ${budget.name}: ${format(budget.value)}, at most ${format(budget.limit)}\n`);
  }
}

function format(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3);
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}
