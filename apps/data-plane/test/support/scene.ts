import { decide, type AttemptPlan } from '#libs/routing';
import type { Provider } from './entries.js';
import type { Permit } from '../../src/state/permit.js';
import { StatePlane } from './state-plane.js';

export const provider = (name: string, more: Partial<Provider> = {}): Provider => ({
  name,
  baseURL: `http://${name}.test/v1`,
  ...more,
});

/** A data plane's state, and the attempts that are asked of it. */
export class Scene {
  nowMs = 0;

  private constructor(readonly plane: StatePlane) {}

  static async of(...providers: readonly Provider[]): Promise<Scene> {
    return new Scene(await StatePlane.serving({ providers }));
  }

  plan(): AttemptPlan | undefined {
    const { table, route } = this.plane;
    table.advance(this.nowMs);
    return decide(route, this.plane.facts(route, this.nowMs), [], table, this.nowMs, 1).attempts?.[0];
  }

  /** Why the first attempt of a request can't be made now; empty: it can. */
  obstacles(): readonly string[] {
    const { table, route } = this.plane;
    table.advance(this.nowMs);
    const decision = decide(route, this.plane.facts(route, this.nowMs), [], table, this.nowMs, 1);
    const passedOver = decision.attempts === undefined ? (decision.wait ?? decision.stop).passedOver : [];
    return passedOver.map(({ reason }) => reason);
  }

  admit(): Permit {
    const plan = this.plan();
    if (plan === undefined) throw new Error('nothing can serve');
    const permit = this.plane.table.admit(plan, this.nowMs);
    if (typeof permit === 'string') throw new Error(permit);
    return permit;
  }

  fail(errorClass: 'ServerError' | 'Auth' | 'QuotaExhausted' | 'RateLimited', code = ''): void {
    this.admit().settle({ ok: false, class: errorClass, code }, this.nowMs);
  }

  /** Looks for new values of all keys that are out. */
  recheck(nowMs: number): void {
    Array.from(this.plane.routing.credentials.recheck(nowMs));
  }

  get phase(): string {
    return [...this.plane.routing.breakers.byId.entries()].map(([, { state }]) => state.phase).join();
  }

  /** What is taken now. */
  get taken() {
    const { keyLimiters, connections, breakers, given, returned } = this.plane.routing;
    const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
    return {
      keys: sum([...keyLimiters.byId.entries()].map(([, { inFlight }]) => inFlight)),
      connections: sum([...connections].map(({ inUse }) => inUse)),
      probes: sum(
        [...breakers.byId.entries()].map(([, { state }]) => (state.phase === 'HalfOpen' ? state.probesInFlight : 0)),
      ),
      permits: given - returned,
    };
  }
}
