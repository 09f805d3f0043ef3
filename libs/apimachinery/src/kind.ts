import type { z } from 'zod';

/** Where a finding stands and what to do about it. `path` is in Kubernetes form: `spec.keys[0].weight`. */
export interface FieldError {
  readonly path: string;
  readonly reason:
    | 'Required'
    | 'Invalid'
    | 'Forbidden'
    | 'NotSupported'
    | 'Duplicate'
    | 'TypeInvalid'
    | 'TooLong'
    | 'TooMany'
    | 'Unknown';
  /** Names the fix. Never contains a secret. */
  readonly message: string;
  /** Reason of the `Accepted` condition that a stored object with this error gets. Default: Invalid. */
  readonly condition?: 'UnsafeAddress';
}

/**
 * A column of `kubectl get`, after the name. Gets the stored object, not the effective one; null prints an empty cell.
 * A `date` is an RFC 3339 time and printed as an age.
 */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly description: string;
  /** Above 0: shown with `-o wide` only. */
  readonly priority?: number;
  value(object: ApiObject): string | number | boolean | null;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  generateName?: string;
  [more: string]: unknown;
}

/** Any object of the API. Kinds narrow `spec` and `status`; Secret has `data`, `stringData`, `type` beside metadata. */
export interface ApiObject<Spec = Record<string, unknown>, Status = Record<string, unknown>> {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: Spec;
  status?: Status;
  [more: string]: unknown;
}

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  observedGeneration: number;
  lastTransitionTime: string;
}

/** That an object names another one of its namespace, and maybe a part of it or of what that one names. */
export interface ObjectReference {
  /** The field with the name: `spec.providerRef.name`. */
  readonly path: string;
  readonly kind: string;
  readonly name: string;
  /** A Secret's entry, a Provider's model; `kind` says whose, as a route names a model of its pool's Provider. */
  readonly part?: { readonly path: string; readonly kind: string; readonly name: string };
}

/**
 * What the store does with a kind's objects, as data that it reads and never derives. Every kind is in the revision log:
 * watches, caches and the pages of a list live on it.
 */
export interface StoragePolicy {
  /** The whole document under the master key, wherever it is stored. */
  readonly encrypted: boolean;
  /** Whether a write leaves a row in the audit (but for status writes of the product itself, which have none of any kind). */
  readonly audited: boolean;
  /** Whether every state that somebody wanted is kept for ever, so that it can be put back. */
  readonly revisions: boolean;
  /** An object that nobody has kept alive for so long goes; left out: it stays until it is deleted. */
  readonly expiresAfterMs?: number;
}

/** What people write and may want back. */
export const keptForEver: StoragePolicy = { encrypted: false, audited: true, revisions: true };

/** What a kind is called and what its objects look like: data, which discovery, schemas, printing and storage are made from. */
export interface KindData {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  /** What `kubectl get` shows together: `kubectl get all`. */
  readonly categories?: readonly string[];
  /** One sentence for `kubectl explain` and the reference page. */
  readonly description: string;
  /** Written by the control plane only (DataPlane); admins may delete what is left over. */
  readonly readOnly?: boolean;
  /** Write-only: a read shows keys, never values, and so do the audit, messages and logs. Its storage is encrypted. */
  readonly sensitive?: boolean;
  readonly storage: StoragePolicy;
  readonly hasStatus: boolean;
  /** What data planes remember of each of its parts (see `parts`), and forget when `/reset` is posted to. */
  readonly remembered?: 'Breaker' | 'Cooldown';
  /** Top-level members beside apiVersion, kind, metadata and status; strict: unknown fields are refused with their path. */
  readonly content: z.ZodObject;
  /** Shape of `status`, for OpenAPI, the reference page, and what clients write at `/status`. */
  readonly status?: z.ZodObject;
  readonly columns: readonly PrinterColumn[];
}

/** What a kind does when its objects are read and written. Every hook is pure. */
export interface KindHooks {
  /** The spec with every default filled in; shown by `get --effective`, used by compile and validation, never stored. */
  effective(object: ApiObject): ApiObject;
  /** Beyond the schema: sums, cross-field rules. Gets the effective object. */
  validate(effective: ApiObject): FieldError[];
  /** What may not change (Provider.spec.type, an immutable Secret). `stored` may be older than the schema; `next` is effective. */
  validateUpdate?(stored: ApiObject, next: ApiObject): FieldError[];
  /** Why the object can't be deleted as it is now; undefined: it can. */
  validateDelete?(object: ApiObject): string | undefined;
  /** What would silently do nothing. Sent as `Warning: 299` headers. */
  warnings?(effective: ApiObject): string[];
  /** What reads show beside what is stored (Namespace: its phase). */
  present?(object: ApiObject): ApiObject;
  /** Normalises on write (Secret: stringData -> data). */
  prepare?(object: ApiObject): ApiObject;
  /** The objects that it needs. Of what is stored, which may be older than the schema. Pure. */
  references?(object: ApiObject): readonly ObjectReference[];
  /** What references and resets may name within it, and the word for it; `undefined`: that can't be told. Names, never values. Pure. */
  parts?(object: ApiObject): { readonly word: string; readonly names: readonly string[] } | undefined;
  /** Special verbs the author of this spec needs (`allow-insecure`, `allow-private-network`), each with the field's path. */
  requiredVerbs?(effective: ApiObject): { verb: string; path: string }[];
}

/** All that the rest of the system may know of a kind: CRUD, watch, audit, printing and discovery iterate the registry. */
export interface KindDefinition extends KindData, KindHooks {}

/** `v1` or `signalbox.dev/v1`. */
export function apiVersionOf(kind: Pick<KindDefinition, 'group' | 'version'>): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}
