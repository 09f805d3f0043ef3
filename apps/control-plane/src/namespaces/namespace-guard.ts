import { type ApiObject, forbidden, notFound } from '#libs/apimachinery';
import type { ObjectWrite } from '../store/object-store.js';
import { namespaceKey, namespaceKind } from './built-in-namespaces.js';
import { isTerminating } from './contents-finalizer.js';

/**
 * A write beside each create: under the namespace's lock it makes sure that the namespace exists and stays. Changes nothing,
 * so it leaves no trace. Updates need no such check: a namespace goes only after its objects.
 */
export function namespaceGuard(name: string): ObjectWrite {
  return {
    key: namespaceKey(name),
    verb: 'update',
    mutate: (stored) => {
      if (!stored) throw notFound(namespaceKind, name);
      refuseTerminating(stored);
      return stored;
    },
  };
}

/** For whoever puts something into a namespace. Throws a 403. */
export function refuseTerminating(namespace: ApiObject): void {
  const { name } = namespace.metadata;
  if (!isTerminating(namespace)) return;
  throw forbidden(
    `namespace "${name}" is being terminated: nothing can be created in it; wait until it is gone, then create it anew`,
    namespaceKind,
    name,
  );
}
