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
  readonly conditions: readonly MergeableCondition[];
  /** False: nothing needs to be written. */
  readonly changed: boolean;
}

/**
 * Merges verdicts into stored conditions, by type. The transition time moves only when the status does. A verdict about
 * a lower generation than the stored one's is refused: it comes from a reader that is behind. Types without a
 * verdict stay as they are.
 */
export function mergeConditions(
  stored: readonly MergeableCondition[],
  desired: readonly DesiredCondition[],
  now: string,
): MergedConditions {
  const merged = [...stored];
  let changed = false;
  for (const verdict of desired) {
    const index = merged.findIndex(({ type }) => type === verdict.type);
    const previous = merged[index];
    if (previous && !supersedes(verdict, previous)) continue;
    changed = true;
    const lastTransitionTime = previous?.status === verdict.status ? previous.lastTransitionTime : now;
    const { type, status, reason, message, observedGeneration } = verdict;
    const next = { type, status, reason, message, observedGeneration, lastTransitionTime };
    if (previous) merged[index] = next;
    else merged.push(next);
  }
  return { conditions: merged, changed };
}

function supersedes(verdict: DesiredCondition, previous: MergeableCondition): boolean {
  if (verdict.observedGeneration < previous.observedGeneration) return false;
  return (
    verdict.status !== previous.status ||
    verdict.reason !== previous.reason ||
    verdict.message !== previous.message ||
    verdict.observedGeneration !== previous.observedGeneration
  );
}
