export interface EventuallyOptions {
  readonly deadlineMs?: number;
  readonly pollMs?: number;
}

/**
 * Calls `probe` until it neither throws nor returns `undefined` or `false`, and returns what it returned. At the deadline
 * (default 10 s) the last failure is thrown, so the report tells what was missing and not only that time ran out.
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  { deadlineMs = 10_000, pollMs = 10 }: EventuallyOptions = {},
): Promise<Exclude<T, undefined | false>> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    let failure: unknown;
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
      failure = new Error(`the condition was still ${String(value)}`);
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= end) {
      const reason = failure instanceof Error ? failure.message : String(failure);
      throw new Error(`not within ${deadlineMs} ms: ${reason}`, { cause: failure });
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** For assertions: calls `check` until it throws no more. */
export async function eventuallyPasses(
  check: () => void | Promise<void>,
  options: EventuallyOptions = {},
): Promise<void> {
  await eventually(async () => {
    await check();
    return true;
  }, options);
}
