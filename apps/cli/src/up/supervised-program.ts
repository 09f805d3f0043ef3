import type { ProcessEnd } from './guarded-process.js';

/** What the supervisor runs. `start` may be called again once `ended` settled. */
export interface Program {
  readonly name: string;
  /** How long an ordered end may take before the program is killed. */
  readonly stopDeadlineMs: number;
  /** Resolves when the program answers; throws if it ends before. */
  start(): Promise<{ readonly ended: Promise<ProcessEnd> }>;
  /** Also while it starts. Resolves when its processes are gone. */
  stop(deadlineMs: number): Promise<unknown>;
}

export interface RestartClock {
  nowMs(): number;
  /** Resolves after `ms`, or at once when the signal aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

export type SupervisionEvent =
  | { readonly type: 'ended'; readonly name: string; readonly end: ProcessEnd; readonly restartInMs: number }
  | { readonly type: 'failedToStart'; readonly name: string; readonly error: Error; readonly restartInMs: number }
  | { readonly type: 'restarted'; readonly name: string };

export const restartPolicy = { firstDelayMs: 100, factor: 2, maxDelayMs: 10_000, stableAfterMs: 60_000 } as const;

/** The pause before the next start, after `failures` ends in a row (at least 1). */
export function restartDelayMs(failures: number): number {
  const { firstDelayMs, factor, maxDelayMs } = restartPolicy;
  return Math.min(maxDelayMs, firstDelayMs * factor ** (failures - 1));
}

/**
 * Keeps one program running: whatever ends it, it is started again, at once the first time and later with growing pauses,
 * until it has run for a minute. There is no last attempt: giving up would turn a passing fault into an outage.
 */
export class SupervisedProgram {
  private readonly stopping = new AbortController();
  private loop: Promise<void> = Promise.resolve();

  constructor(
    readonly program: Program,
    private readonly clock: RestartClock,
    private readonly onEvent: (event: SupervisionEvent) => void,
  ) {}

  /** The first start. Throws where it fails: a program that never ran is misconfigured, and restarts would hide that. */
  async start(): Promise<void> {
    const { ended } = await this.program.start();
    this.loop = this.keepRunning(ended);
  }

  /** Ends the program and its restarts. Idempotent. */
  async stop(deadlineMs = this.program.stopDeadlineMs): Promise<void> {
    this.stopping.abort();
    await this.program.stop(deadlineMs);
    await this.loop;
  }

  private async keepRunning(firstEnd: Promise<ProcessEnd>): Promise<void> {
    const { signal } = this.stopping;
    const { name } = this.program;
    let ended: Promise<ProcessEnd> | undefined = firstEnd;
    let startedAtMs = this.clock.nowMs();
    let failures = 0;
    while (!signal.aborted) {
      if (ended) {
        const end: ProcessEnd = await ended;
        ended = undefined;
        if (signal.aborted) return;
        if (this.clock.nowMs() - startedAtMs >= restartPolicy.stableAfterMs) failures = 0;
        failures += 1;
        this.onEvent({ type: 'ended', name, end, restartInMs: restartDelayMs(failures) });
      }
      await this.clock.pause(restartDelayMs(failures), signal);
      if (signal.aborted) return;
      try {
        startedAtMs = this.clock.nowMs();
        ({ ended } = await this.program.start());
        this.onEvent({ type: 'restarted', name });
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        this.onEvent({ type: 'failedToStart', name, error: error as Error, restartInMs: restartDelayMs(failures) });
      }
    }
    // Stopped while it was starting: the process that came up is not needed any more.
    await this.program.stop(this.program.stopDeadlineMs);
  }
}
