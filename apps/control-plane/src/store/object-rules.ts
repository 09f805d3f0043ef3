import {
  type ApiObject,
  badRequest,
  equal,
  invalid,
  type KindDefinition,
  notFound,
  type ObjectMeta,
} from '#libs/apimachinery';
import { withoutLastApplied } from './object-codec.js';
import type { ObjectWrite } from './object-store.js';
import { SEALED_ANNOTATION } from './sealed-object.js';

/** What a write does to its object. Objects are without resourceVersion: the store gives it at the commit. */
export type Transition =
  | { readonly type: 'UNCHANGED'; readonly object: ApiObject }
  | { readonly type: 'ADDED'; readonly object: ApiObject }
  | { readonly type: 'MODIFIED' | 'DELETED'; readonly object: ApiObject; readonly previous: ApiObject };

/** What the rules take from outside: the time, and what is drawn at random. */
export interface Inputs {
  readonly nowMs: number;
  readonly uid: string;
}

/**
 * The rules of Kubernetes objects, the same for all kinds (API conventions, "Metadata" and "Spec and Status"): what a
 * client can't set is kept, generation counts changes of what is wanted, finalizers hold a deletion back, and what ends
 * up equal is no change. `mutate` sees the stored object with its resourceVersion and may throw to refuse.
 */
export function transition(write: ObjectWrite, stored: ApiObject | undefined, inputs: Inputs): Transition {
  const mutated = write.mutate(stored && structuredClone(stored));
  const wanted = mutated && (JSON.parse(JSON.stringify(mutated)) as ApiObject);
  const previous = stored && withoutRevision(stored);
  const { kind, name } = write.key;
  if (!previous) {
    if (!wanted || write.subresource) throw notFound(kind, name);
    return { type: 'ADDED', object: created(write, wanted, inputs) };
  }
  if (write.subresource) {
    if (!wanted) throw badRequest('a status write cannot delete the object');
    return changed(kind, previous, statusWritten(previous, wanted));
  }
  return wanted ? updated(write, previous, wanted) : deleted(kind, previous, inputs);
}

function created(write: ObjectWrite, wanted: ApiObject, { nowMs, uid }: Inputs): ApiObject {
  const { kind, namespace, name } = write.key;
  checkIdentity(write, wanted);
  const { status: _status, metadata, ...content } = wanted;
  const { deletionTimestamp: _at, deletionGracePeriodSeconds: _grace, resourceVersion: _rv, ...meta } = metadata;
  return stripped(kind, {
    ...content,
    metadata: {
      ...meta,
      name,
      ...(kind.namespaced && { namespace }),
      uid,
      generation: 1,
      creationTimestamp: timestamp(nowMs),
    },
  } as ApiObject);
}

function updated(write: ObjectWrite, previous: ApiObject, wanted: ApiObject): Transition {
  const { kind } = write.key;
  checkIdentity(write, wanted);
  const { status: _status, metadata, ...content } = wanted;
  const { resourceVersion: _rv, ...meta } = metadata;
  const next = stripped(kind, {
    ...content,
    metadata: withServerFields(meta as ObjectMeta, previous.metadata),
    ...(previous.status !== undefined && { status: previous.status }),
  } as ApiObject);
  if (!equal(contentOf(next), contentOf(previous))) next.metadata.generation = generationOf(previous) + 1;

  if (previous.metadata.deletionTimestamp !== undefined) {
    const held = new Set(previous.metadata.finalizers);
    const added = (next.metadata.finalizers ?? []).filter((finalizer) => !held.has(finalizer));
    if (added.length > 0) {
      const message = `no new finalizers can be added while the object is being deleted: ${added.join(', ')}`;
      throw invalid(kind, write.key.name, [{ path: 'metadata.finalizers', reason: 'Forbidden', message }]);
    }
    if (!next.metadata.finalizers?.length) return { type: 'DELETED', object: next, previous };
  }
  return changed(kind, previous, next);
}

function deleted(kind: KindDefinition, previous: ApiObject, { nowMs }: Inputs): Transition {
  if (!previous.metadata.finalizers?.length) return { type: 'DELETED', object: previous, previous };
  if (previous.metadata.deletionTimestamp !== undefined) return { type: 'UNCHANGED', object: previous };
  const metadata = {
    ...previous.metadata,
    deletionTimestamp: timestamp(nowMs),
    deletionGracePeriodSeconds: 0,
    generation: generationOf(previous) + 1,
  };
  return changed(kind, previous, { ...previous, metadata });
}

/** Field ownership is kept of status too, so `managedFields` comes along; nothing else of metadata does. */
function statusWritten(previous: ApiObject, wanted: ApiObject): ApiObject {
  const { status: _status, ...kept } = previous;
  const { managedFields: _owned, ...metadata } = previous.metadata;
  const { managedFields } = wanted.metadata;
  return {
    ...kept,
    metadata: { ...metadata, ...(managedFields !== undefined && { managedFields }) } as ObjectMeta,
    ...(wanted.status !== undefined && { status: wanted.status }),
  };
}

function changed(kind: KindDefinition, previous: ApiObject, next: ApiObject): Transition {
  const same = equal(withoutOwnershipTimes(next), withoutOwnershipTimes(stripped(kind, previous)));
  return same ? { type: 'UNCHANGED', object: previous } : { type: 'MODIFIED', object: next, previous };
}

function checkIdentity({ key }: ObjectWrite, wanted: ApiObject): void {
  if (key.kind.sensitive && wanted.metadata.annotations?.[SEALED_ANNOTATION] !== undefined) {
    const message = 'this document was read while it could not be decrypted, so its data is missing; write it anew';
    throw invalid(key.kind, key.name, [
      { path: `metadata.annotations[${SEALED_ANNOTATION}]`, reason: 'Forbidden', message },
    ]);
  }
  if (wanted.metadata.name !== key.name) {
    throw badRequest(`metadata.name: is "${wanted.metadata.name}", must be "${key.name}" as in the path`);
  }
  if ((wanted.metadata.namespace ?? key.namespace) !== key.namespace) {
    throw badRequest(
      `metadata.namespace: is "${wanted.metadata.namespace}", must be "${key.namespace}" as in the path`,
    );
  }
}

const serverFields = [
  'namespace',
  'uid',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
];

function withServerFields(metadata: ObjectMeta, stored: ObjectMeta): ObjectMeta {
  const kept: ObjectMeta = { ...metadata };
  for (const field of serverFields) {
    if (stored[field] === undefined) delete kept[field];
    else kept[field] = stored[field];
  }
  return kept;
}

/** What generation counts: all but metadata and status. */
function contentOf(object: ApiObject): object {
  const { metadata: _metadata, status: _status, ...content } = object;
  return content;
}

function withoutRevision(object: ApiObject): ApiObject {
  const { resourceVersion: _rv, ...metadata } = object.metadata;
  return { ...object, metadata: metadata as ObjectMeta };
}

/** An apply that changes nothing still stamps its time; that alone is no change. */
function withoutOwnershipTimes(object: ApiObject): ApiObject {
  const { managedFields } = object.metadata;
  if (!Array.isArray(managedFields)) return object;
  const untimed = managedFields.map((owner: unknown) => ({ ...(owner as object), time: '' }));
  return { ...object, metadata: { ...object.metadata, managedFields: untimed } };
}

const stripped = (kind: KindDefinition, object: ApiObject): ApiObject =>
  kind.sensitive ? withoutLastApplied(object) : object;
const generationOf = (object: ApiObject): number => object.metadata.generation ?? 1;
/** RFC 3339 in whole seconds, as Kubernetes clients expect. */
const timestamp = (nowMs: number): string => `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
