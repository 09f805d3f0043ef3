import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * CPU time of a process in microseconds, all threads, user and system, from the scheduler's own nanosecond counters
 * (`/proc/<pid>/task/<tid>/schedstat`). Linux only: other systems count in ticks of 10 ms, too coarse for one round.
 */
export function processorTimeUs(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  let totalNs = 0;
  for (const task of readdirSync(tasks)) {
    totalNs += Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ', 1)[0]);
  }
  return totalNs / 1_000;
}

/**
 * Time in microseconds that processes used a processor, and others the machine below it; to 10 ms. Without interrupts,
 * which the network's share of a process's own work is counted among.
 */
export function busyUs(processor: number): number {
  const line = new RegExp(`^cpu${processor} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? '';
  // proc_stat(5).
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = line.split(' ').map(Number);
  return (user + nice + system + steal) * 10_000;
}

/** Resident set in bytes. */
export function residentBytes(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return pages * 4_096;
}

/** The processor that is kept for what is measured. */
export const measuredProcessor = 0;

/** Puts all threads of a process on one processor, so that what is measured has a core of its own. False: not possible here. */
export function pin(pid: number, processor: number): boolean {
  if (availableParallelism() < 2) return false;
  return spawnSync('taskset', ['-a', '-p', '-c', String(processor), String(pid)], { stdio: 'ignore' }).status === 0;
}
