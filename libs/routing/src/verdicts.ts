import { type ErrorClass, errorClasses } from '#libs/inference';
import type { Candidate, Tiers } from './candidate.js';
import type { Context, RequestFacts } from './context.js';
import { nothingPassedOver, type PassedOver, type PassedOverReason } from './passed-over.js';
import type { PreparedRoute, PreparedRule } from './prepared-route.js';
import { keyOrObstacle, passOver } from './serving.js';
import type { StateView } from './state-view.js';

/** A backend that a rule names, and what keeps a first attempt from it now. */
export interface Verdict {
  readonly candidate: string;
  /** Classes of failures after which it is a fallback; absent: one of the rule's own backends. */
  readonly after?: readonly ErrorClass[];
  /** Absent where the table itself rules it out. */
  readonly priority?: number;
  readonly weight?: number;
  /** Absent: nothing does. */
  readonly reason?: PassedOverReason;
  readonly untilMs?: number;
}

export interface VerdictsOptions {
  readonly route: PreparedRoute;
  readonly facts: RequestFacts;
  /** Advanced to `nowMs`. */
  readonly view: StateView;
  readonly nowMs: number;
  readonly seed: number;
}

/** Every backend of the rule that the request matches, in the order of their tiers, then the fallbacks. Reads only. */
export function verdicts({ route, facts, view, nowMs, seed }: VerdictsOptions): readonly Verdict[] {
  const { rule } = facts;
  if (rule === undefined) return [];
  const context: Context = {
    route,
    rule,
    facts,
    history: [],
    failures: [],
    view,
    nowMs,
    seed,
    passedOver: nothingPassedOver,
  };
  const own = verdictsOn(context, rule.tiers);
  return [...own, ...fallbacksOf(rule).flatMap(({ tiers, after }) => verdictsOn(context, tiers, after))];
}

function verdictsOn(context: Context, { list, unusable }: Tiers, after?: readonly ErrorClass[]): Verdict[] {
  const place = after && { after };
  const usable = list.flatMap(({ candidates }) =>
    candidates.map((candidate) => ({ ...verdictOn(context, candidate), ...place })),
  );
  return [...usable, ...unusable.map((passed) => ({ ...passed, ...place }))];
}

function verdictOn(context: Context, candidate: Candidate): Verdict {
  const { backend, priority, weight } = candidate;
  const key = keyOrObstacle(context, candidate);
  return { candidate: backend, priority, weight, ...(typeof key === 'string' && noted(context, candidate, key)) };
}

function noted(context: Context, candidate: Candidate, reason: PassedOverReason): PassedOver | undefined {
  passOver(context, candidate, reason);
  return context.passedOver.find((entry) => entry.candidate === candidate.backend);
}

/** Classes with the very same backends stand together. */
function fallbacksOf({ fallbacks }: PreparedRule): { readonly tiers: Tiers; readonly after: ErrorClass[] }[] {
  const grouped = new Map<string, { readonly tiers: Tiers; readonly after: ErrorClass[] }>();
  for (const errorClass of errorClasses) {
    const tiers = fallbacks[errorClass];
    if (tiers === undefined) continue;
    const id = JSON.stringify([
      tiers.list.map(({ candidates }) =>
        candidates.map(({ backend, priority, weight }) => [backend, priority, weight]),
      ),
      tiers.unusable,
    ]);
    const group = grouped.get(id);
    if (group === undefined) grouped.set(id, { tiers, after: [errorClass] });
    else group.after.push(errorClass);
  }
  return [...grouped.values()];
}
