import { type ApiObject, forbidden, isNotFound, type KindDefinition, notFound } from '#libs/apimachinery';
import { kindOf, kinds } from '#libs/resources';
import { SYSTEM_NAMESPACE } from '#libs/resources';
import type { ObjectStore, ObjectWrite, Origin } from '../../store/object-store.js';

/** Present from the first boot on. */
export const builtInNamespaces: readonly string[] = ['default', SYSTEM_NAMESPACE];
/** Holds a namespace until what is in it is gone. */
export const CONTENTS_FINALIZER = 'signalbox.dev/contents';

export const namespaceKind: KindDefinition = kindOf('v1', 'Namespace')!;
const keyOf = (name: string) => ({ kind: namespaceKind, namespace: '', name });

/**
 * A write beside each create: under the namespace's lock it makes sure that the namespace exists and stays. Changes nothing,
 * so it leaves no trace. Updates need no such check: a namespace goes only after its objects.
 */
export function namespaceGuard(name: string): ObjectWrite {
  return {
    key: keyOf(name),
    verb: 'update',
    mutate: (stored) => {
      if (!stored) throw notFound(namespaceKind, name);
      if (stored.metadata.deletionTimestamp !== undefined) {
        throw forbidden(`namespace "${name}" is being terminated: nothing can be created in it`, namespaceKind, name);
      }
      return stored;
    },
  };
}

/** Every namespace carries the finalizer, so that its deletion leaves time to delete what is in it. */
export function withContentsFinalizer(object: ApiObject): ApiObject {
  const { finalizers = [] } = object.metadata;
  if (finalizers.includes(CONTENTS_FINALIZER)) return object;
  return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, CONTENTS_FINALIZER] } };
}

/** Of a namespace that is stored: nobody takes the finalizer off but `finishNamespace`. */
export function keepingContentsFinalizer(object: ApiObject, stored: ApiObject): ApiObject {
  return stored.metadata.finalizers?.includes(CONTENTS_FINALIZER) ? withContentsFinalizer(object) : object;
}

/** Creates what every installation has. */
export async function ensureBuiltInNamespaces(store: ObjectStore, origin: Origin): Promise<void> {
  await store.commit(
    builtInNamespaces.map((name) => ({
      key: keyOf(name),
      verb: 'create',
      mutate: (stored) => stored ?? withContentsFinalizer({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
    })),
    origin,
  );
}

/** What a restart interrupted: run at boot. */
export async function finishTerminatingNamespaces(store: ObjectStore, origin: Origin): Promise<void> {
  const { items } = await store.list(namespaceKind, {});
  for (const { metadata } of items) {
    if (metadata.deletionTimestamp !== undefined) await finishNamespace(store, metadata.name, origin);
  }
}

/** Looks again this often when objects vanish between the look and the transaction. */
const MAX_TRIES = 5;

/**
 * Goes on with the deletion of a namespace that is being terminated: deletes its objects in one transaction, then, once
 * nothing is left, the namespace. Objects with finalizers keep it; calling again goes on from there. Idempotent, and many may
 * do it at once: what another one has deleted meanwhile is looked at anew.
 */
export async function finishNamespace(store: ObjectStore, name: string, origin: Origin): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await tryToFinish(store, name, origin);
    } catch (error) {
      if (!isNotFound(error) || tries === MAX_TRIES) throw error;
    }
  }
}

async function tryToFinish(store: ObjectStore, name: string, origin: Origin): Promise<void> {
  const namespace = await store.get(keyOf(name));
  if (namespace?.metadata.deletionTimestamp === undefined) return;
  const { objects } = await store.snapshot(kinds.filter((kind) => kind.namespaced));
  const contents = objects.filter((object) => object.metadata.namespace === name);
  const deletions = contents.map((object): ObjectWrite => {
    const kind = kindOf(object.apiVersion, object.kind)!;
    return {
      key: { kind, namespace: name, name: object.metadata.name },
      verb: 'delete',
      mutate: () => undefined,
    };
  });
  if (deletions.length > 0) {
    const { results } = await store.commit(deletions, origin);
    if (results.some((result) => result.type !== 'DELETED')) return;
  }
  await store.commit(
    [
      {
        key: keyOf(name),
        verb: 'update',
        mutate: (stored) => {
          if (!stored) throw notFound(namespaceKind, name);
          const finalizers = (stored.metadata.finalizers ?? []).filter((finalizer) => finalizer !== CONTENTS_FINALIZER);
          return { ...stored, metadata: { ...stored.metadata, finalizers } };
        },
      },
    ],
    origin,
  );
}
