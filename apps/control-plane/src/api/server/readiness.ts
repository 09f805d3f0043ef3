/** Resolves if the part works; throws with a reason that names no secret. */
export type Check = () => void | Promise<void>;

export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
}

const CHECK_TIMEOUT_MS = 2_000;

/** What must work before this replica should get requests. Modules add their own checks. */
export class Readiness {
  private readonly checks = new Map<string, Check>();
  private started = false;
  private stopping = false;

  constructor() {
    this.add('shutdown', () => {
      if (this.stopping) throw new Error('the control plane is shutting down');
    });
  }

  add(name: string, check: Check): void {
    this.checks.set(name, check);
  }

  /** Boot is complete: `/startupz` turns 200 and stays so. */
  markStarted(): void {
    this.started = true;
  }

  markStopping(): void {
    this.stopping = true;
  }

  get isStarted(): boolean {
    return this.started;
  }

  /** All checks, at once, each bounded: a probe must answer while a database hangs. */
  run(): Promise<CheckResult[]> {
    return Promise.all([...this.checks].map(async ([name, check]) => ({ name, ok: await passes(check) })));
  }
}

async function passes(check: Check): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('timed out')), CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([Promise.resolve().then(check), timeout]);
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
