import { type ApiObject, type KindDefinition, resourceName } from '#libs/apimachinery';
import type { DesiredCondition } from '#libs/reconcile';

/** What is left of a kind in a namespace. */
export interface Remaining {
  readonly kind: KindDefinition;
  readonly count: number;
  /** Those that were looked at: all of them, or the first so many. */
  readonly objects: readonly ApiObject[];
}

/** Finalizers that are named; the others are counted. */
const MAX_FINALIZERS = 10;

/**
 * Why a namespace that is being deleted is still there, in the conditions that Kubernetes has for it
 * (NamespaceConditionType), so that whoever knows one server knows where to look. Unlike the conditions of other kinds,
 * theirs are True for what is amiss. Pure.
 */
export function remainingConditions(namespace: ApiObject, left: readonly Remaining[]): readonly DesiredCondition[] {
  const observedGeneration = namespace.metadata.generation ?? 1;
  const finalizers = finalizersOf(namespace, left);
  return [
    left.length > 0
      ? {
          type: 'NamespaceContentRemaining',
          status: 'True',
          reason: 'SomeResourcesRemain',
          message: `Some resources are remaining: ${left.map(ofKind).join(', ')}`,
          observedGeneration,
        }
      : {
          type: 'NamespaceContentRemaining',
          status: 'False',
          reason: 'ContentRemoved',
          message: 'All content successfully removed',
          observedGeneration,
        },
    finalizers.length > 0
      ? {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Finalizers hold it, which whoever set them removes: ${shown(finalizers)}`,
          observedGeneration,
        }
      : {
          type: 'NamespaceFinalizersRemaining',
          status: 'False',
          reason: 'ContentHasNoFinalizers',
          message: 'All content-preserving finalizers finished',
          observedGeneration,
        },
  ];
}

const ofKind = ({ kind, count, objects }: Remaining): string =>
  `${resourceName(kind)} has ${count} resource instance${count === 1 ? '' : 's'}, such as ${objects[0]!.metadata.name}`;

function finalizersOf({ metadata }: ApiObject, left: readonly Remaining[]): string[] {
  const counts = new Map<string, number>();
  for (const { objects } of left) {
    for (const finalizer of objects.flatMap(({ metadata: { finalizers = [] } }) => finalizers)) {
      counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
    }
  }
  const inside = [...counts].map(([name, count]) => `${name} in ${count} resource instance${count === 1 ? '' : 's'}`);
  // With something left in it, its own go last.
  return left.length > 0 ? inside : (metadata.finalizers ?? []).map((name) => `${name} of the namespace itself`);
}

function shown(finalizers: readonly string[]): string {
  const more = finalizers.length - MAX_FINALIZERS;
  return `${finalizers.slice(0, MAX_FINALIZERS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
