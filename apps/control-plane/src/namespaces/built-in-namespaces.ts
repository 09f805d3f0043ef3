import type { KindDefinition } from '#libs/apimachinery';
import { kindOf, SYSTEM_NAMESPACE } from '#libs/resources';
import type { ObjectKey, ObjectStore, Origin } from '../store/object-store.js';
import { withContentsFinalizer } from './contents-finalizer.js';

export const namespaceKind: KindDefinition = kindOf('v1', 'Namespace')!;
/** Present from the first boot on. */
export const builtInNamespaces: readonly string[] = ['default', SYSTEM_NAMESPACE];

export const namespaceKey = (name: string): ObjectKey => ({ kind: namespaceKind, namespace: '', name });

/** Creates what every installation has. */
export async function ensureBuiltInNamespaces(store: ObjectStore, origin: Origin): Promise<void> {
  await store.commit(
    builtInNamespaces.map((name) => ({
      key: namespaceKey(name),
      verb: 'create',
      mutate: (stored) => stored ?? withContentsFinalizer({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
    })),
    origin,
  );
}
