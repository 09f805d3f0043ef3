import type { Logger } from '#libs/telemetry';

/** One step of going down. A step that fails or overruns is logged, and the next begins. */
export interface ShutdownStep {
  readonly name: string;
  readonly deadlineMs: number;
  readonly run: () => Promise<void> | void;
}

/** Runs the steps in order, each within its deadline. Resolves in any case. */
export async function runShutdown(steps: readonly ShutdownStep[], log: Logger): Promise<void> {
  for (const { name, deadlineMs, run } of steps) {
    let timer: NodeJS.Timeout | undefined;
    const overrun = new Promise<'overrun'>((resolve) => {
      timer = setTimeout(() => resolve('overrun'), deadlineMs);
    });
    try {
      const ended = await Promise.race([Promise.resolve(run()), overrun]);
      if (ended === 'overrun')
        log.warn({ step: name, deadline_ms: deadlineMs }, 'shutdown step cut off at its deadline');
    } catch (err) {
      log.error({ err, step: name }, 'shutdown step failed');
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * The process's one signal handler. The first SIGTERM or SIGINT runs the steps and exits 0; the second exits at once with
 * 128 + the signal's number, as an unhandled signal would.
 */
export function shutDownOnSignal(steps: readonly ShutdownStep[], log: Logger): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals, number: number): void => {
    if (stopping) process.exit(128 + number);
    stopping = true;
    log.info({ signal }, 'stopping');
    void runShutdown(steps, log).then(() => {
      log.info('stopped');
      process.exit(0);
    });
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
