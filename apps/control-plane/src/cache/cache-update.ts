import type { ApiObject, KindDefinition } from '#libs/apimachinery';

/** An object's place: `<apiVersion>/<kind>/<namespace>/<name>`. */
export type CacheKey = string;

export interface CacheChange {
  readonly key: CacheKey;
  readonly kind: KindDefinition;
  /** undefined: deleted. */
  readonly object: ApiObject | undefined;
  readonly previous: ApiObject | undefined;
  /** Nothing but the status changed. */
  readonly statusOnly: boolean;
}
export interface CacheUpdate {
  /** The log position that the cache stands at with this update. */
  readonly revision: number;
  readonly changes: readonly CacheChange[];
  readonly traceParents: readonly string[];
}
