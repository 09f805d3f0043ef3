import type { ApiObject, Condition } from '#libs/apimachinery';
import type { Entry } from '#libs/routing-table';

export interface CompileInput {
  /**
   * Objects of every kind, in any order. They are not changed here and must not be afterwards: what a check found is
   * remembered with the object.
   */
  readonly objects: readonly ApiObject[];
  /**
   * Version (HMAC of the value) by credential id, for the entries of Secrets. Absent: there is no such Secret or entry.
   * Values never come here.
   */
  readonly credentialVersions: ReadonlyMap<string, string>;
  /** Why the entry of a Secret can't be used as a key although it is there, by credential id. Never the value. */
  readonly credentialProblems?: ReadonlyMap<string, string>;
}

export interface CompileOutput {
  /** Sorted by kind and key. Equal objects give equal entries, whatever their order. */
  readonly entries: readonly Entry[];
  /** By the object's uid (see `objectId`), for the kinds that are compiled. */
  readonly conditions: ReadonlyMap<string, readonly Verdict[]>;
}

/** A condition before it is merged into the status, where it gets its transition time. */
export type Verdict = Omit<Condition, 'lastTransitionTime'>;

/** The uid; for an object that has none yet, its kind and name. */
export function objectId(object: ApiObject): string {
  const { uid, namespace, name } = object.metadata;
  return uid ?? `${object.kind}/${namespace ?? ''}/${name}`;
}
