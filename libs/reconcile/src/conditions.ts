/** What a merge needs of a condition (https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#Condition). */
export interface MergeableCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** The generation that the verdict is about. */
  readonly observedGeneration: number;
  /** RFC 3339. */
  readonly lastTransitionTime: string;
}

/** A fresh verdict: when it began to hold is the merge's to say. */
export type DesiredCondition = Omit<MergeableCondition, 'lastTransitionTime'>;

export interface MergedConditions {
  /** Those without a verdict are as they were stored, whoever wrote them. */
  readonly conditions: readonly (MergeableCondition | StoredCondition)[];
  /** False: nothing needs to be written. */
  readonly changed: boolean;
}

/** All that is sure of a condition in a status, which anyone with the right to may have written. */
type StoredCondition = Partial<Record<keyof MergeableCondition, unknown>> & { readonly type: string };

/**
 * Merges verdicts into stored conditions, by type. The transition time moves only when the status does. A verdict about
 * a lower generation than the stored one's is refused: it comes from a reader that is behind. Types without a verdict
 * stay as they are. `stored` may be anything: what is no condition, or another of the same type, is left out.
 * `generation`: the stored object's; a condition that claims to be about a later one is overwritten.
 */
export function mergeConditions(
  stored: unknown,
  desired: readonly DesiredCondition[],
  { now, generation }: { readonly now: string; readonly generation: number },
): MergedConditions {
  const merged = new Map<string, MergeableCondition | StoredCondition>();
  for (const each of Array.isArray(stored) ? stored : []) {
    if (isCondition(each) && !merged.has(each.type)) merged.set(each.type, each);
  }
  let changed = stored !== undefined && !(Array.isArray(stored) && stored.length === merged.size);
  for (const verdict of desired) {
    const previous: StoredCondition | undefined = merged.get(verdict.type);
    if (previous && !supersedes(verdict, previous, generation)) continue;
    changed = true;
    const lastTransitionTime =
      previous?.status === verdict.status && isTime(previous.lastTransitionTime) ? previous.lastTransitionTime : now;
    const { type, status, reason, message, observedGeneration } = verdict;
    merged.set(type, { type, status, reason, message, observedGeneration, lastTransitionTime });
  }
  return { conditions: [...merged.values()], changed };
}

function isCondition(value: unknown): value is StoredCondition {
  return typeof value === 'object' && value !== null && typeof (value as StoredCondition).type === 'string';
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function supersedes(verdict: DesiredCondition, previous: StoredCondition, generation: number): boolean {
  const about = previous.observedGeneration;
  if (typeof about === 'number' && about <= generation && verdict.observedGeneration < about) return false;
  return (
    verdict.status !== previous.status ||
    verdict.reason !== previous.reason ||
    verdict.message !== previous.message ||
    verdict.observedGeneration !== about ||
    !isTime(previous.lastTransitionTime)
  );
}
