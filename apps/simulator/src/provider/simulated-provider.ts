import { createHash } from 'node:crypto';
import { seeded } from '../seeded.js';
import { type Behaviour, behaviourSchema, type FaultSpec } from './behaviour.js';
import { KeyLimiter } from './key-limiter.js';

const keptCalls = 1_000;

/** One request as the provider saw it, for tests and demos. The key is shown as a fingerprint. */
export interface Call {
  readonly at: string;
  readonly model: string;
  readonly stream: boolean;
  readonly keyFingerprint: string;
  readonly fault?: string;
  status: number;
  /** True once the client went away before the answer ended. */
  aborted: boolean;
}

/** State of one provider: its behaviour, its keys' limits, and what it was asked. */
export class SimulatedProvider {
  behaviour: Behaviour = behaviourSchema.parse({});
  calls: Call[] = [];
  /** Requests since the start or the last reset; `calls` keeps only the latest. */
  received = 0;
  private limiters = new Map<string, KeyLimiter>();
  private struck = new Map<FaultSpec, number>();
  private random = seeded(1);

  constructor(readonly name: string) {}

  configure(behaviour: Behaviour): void {
    this.behaviour = behaviour;
    this.limiters.clear();
    this.struck.clear();
  }

  reset(): void {
    this.configure(behaviourSchema.parse({}));
    this.calls = [];
    this.received = 0;
    this.random = seeded(1);
  }

  record(call: Call): void {
    this.received += 1;
    this.calls.push(call);
    if (this.calls.length > keptCalls * 2) this.calls = this.calls.slice(-keptCalls);
  }

  /** undefined: the key is not accepted. */
  limiterOf(key: string): KeyLimiter | undefined {
    const { keys, defaultLimits } = this.behaviour;
    const limits = keys ? (keys[key] ?? defaultLimits) : (defaultLimits ?? { revoked: false });
    if (key === '' || !limits || limits.revoked) return undefined;
    let limiter = this.limiters.get(key);
    if (!limiter) this.limiters.set(key, (limiter = new KeyLimiter(limits)));
    return limiter;
  }

  /** The first fault that applies to this request, counted as having struck. */
  faultFor(model: string, key: string): FaultSpec | undefined {
    for (const fault of this.behaviour.faults) {
      if (fault.model !== undefined && fault.model !== model) continue;
      if (fault.key !== undefined && fault.key !== key) continue;
      const struck = this.struck.get(fault) ?? 0;
      if (fault.count !== undefined && struck >= fault.count) continue;
      if (fault.percent < 100 && this.random() * 100 >= fault.percent) continue;
      this.struck.set(fault, struck + 1);
      return fault;
    }
    return undefined;
  }
}

export function fingerprint(key: string): string {
  return key === '' ? '' : createHash('sha256').update(key).digest('hex').slice(0, 12);
}
