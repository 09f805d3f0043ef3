import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CliError } from '../cli-error.js';
import { spawnGuarded } from './guarded-process.js';
import type { GuardedProcess, ProcessEnd } from './guarded-process.js';
import { parseLogLine, plainText } from './log-line.js';
import type { Program } from './supervised-program.js';

export type PlaneName = 'control-plane' | 'data-plane' | 'simulator';

export interface PlaneOptions {
  readonly name: PlaneName;
  readonly environment: NodeJS.ProcessEnv;
  readonly stopDeadlineMs: number;
  /** Asked until it answers true; it may throw. */
  readonly isLive: () => Promise<boolean>;
  readonly onLine: (line: string) => void;
}

const liveDeadlineMs = 60_000;
const keptLines = 15;

/** The built main file of a plane, beside ours. */
export function planeEntry(name: PlaneName): string {
  return fileURLToPath(new URL(`../../../${name}/src/main.js`, import.meta.url));
}

/** One plane as a child process. */
export class PlaneProcess implements Program {
  readonly name: PlaneName;
  readonly stopDeadlineMs: number;
  private process: GuardedProcess | undefined;
  private lastLines: string[] = [];

  constructor(private readonly options: PlaneOptions) {
    this.name = options.name;
    this.stopDeadlineMs = options.stopDeadlineMs;
  }

  async start(): Promise<{ readonly ended: Promise<ProcessEnd> }> {
    this.lastLines = [];
    const plane = spawnGuarded({
      command: process.execPath,
      args: [planeEntry(this.name)],
      env: this.options.environment,
      cwd: process.cwd(),
      stopSignal: 'SIGTERM',
      orphanGraceSeconds: Math.ceil(this.stopDeadlineMs / 1000),
    });
    this.process = plane;
    for (const stream of [plane.stdout, plane.stderr]) {
      createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => this.keep(line));
    }
    await this.untilLive(plane);
    return { ended: plane.ended };
  }

  async stop(deadlineMs: number): Promise<void> {
    await this.process?.stop(deadlineMs);
  }

  private async untilLive(plane: GuardedProcess): Promise<void> {
    let end: ProcessEnd | undefined;
    void plane.ended.then((value) => (end = value));
    const deadline = Date.now() + liveDeadlineMs;
    while (!(await this.options.isLive().catch(() => false))) {
      if (end) throw new CliError(`The ${this.name} ended while it started (${describeEnd(end)}).${this.lastWords()}`);
      if (Date.now() > deadline) {
        await plane.stop(this.stopDeadlineMs);
        throw new CliError(`The ${this.name} did not answer within ${liveDeadlineMs / 1000} s.${this.lastWords()}`);
      }
      await sleep(25);
    }
  }

  private keep(line: string): void {
    this.lastLines.push(line);
    if (this.lastLines.length > keptLines) this.lastLines.shift();
    this.options.onLine(line);
  }

  private lastWords(): string {
    const lines = this.lastLines.map((line) => `  ${plainText(parseLogLine(line))}`);
    return lines.length === 0 ? '' : ` It said:\n${lines.join('\n')}`;
  }
}

/** The guard is a shell, which reports a program that signal n ended as status 128 + n. */
export function describeEnd({ code, signal }: ProcessEnd): string {
  if (signal) return `signal ${signal}`;
  return code !== null && code > 128 ? `signal ${code - 128}` : `exit code ${code}`;
}
