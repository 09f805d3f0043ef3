import type { ApiObject, Condition } from '#libs/apimachinery';

/** A condition before it is merged into the status, where it gets its transition time. */
export type Verdict = Omit<Condition, 'lastTransitionTime'>;

/** The uid; for an object that has none yet, its kind and name. */
export function objectId(object: ApiObject): string {
  const { uid, namespace, name } = object.metadata;
  return uid ?? `${object.kind}/${namespace ?? ''}/${name}`;
}
