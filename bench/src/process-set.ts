import { readdirSync, readFileSync } from 'node:fs';
import { processorTimeUs } from './processor-time.js';

/** Several processes measured as one: a server with its database. Linux only. */
export class ProcessSet {
  /** By process, so that what one has used still counts when it has ended. */
  readonly #usedUs = new Map<number, number>();

  constructor(private readonly members: () => readonly number[]) {}

  /** CPU time since each of them began. */
  processorTimeMs(): number {
    for (const pid of this.members()) {
      const used = orGone(() => processorTimeUs(pid));
      if (used !== undefined) this.#usedUs.set(pid, used);
    }
    return [...this.#usedUs.values()].reduce((sum, used) => sum + used, 0) / 1_000;
  }

  /** Proportional set size: what they share counts once. */
  memoryMiB(): number {
    const kib = this.members().map(
      (pid) => orGone(() => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1])) ?? 0,
    );
    return kib.reduce((sum, each) => sum + each, 0) / 1_024;
  }
}

/** The processes below one whose command line matches, such as the backends of a database server. */
export function processesBelow(root: number, command: RegExp): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = orGone(() => readFileSync(`/proc/${entry}/stat`, 'utf8'));
    const parent = Number(stat?.split(') ').at(-1)?.split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const below = (pid: number): number[] => (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(root).filter((pid) => command.test(orGone(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? ''));
}

/** undefined: the process has ended meanwhile. */
function orGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
