import { type KindDefinition, notFound } from '#libs/apimachinery';
import { kindOf, SYSTEM_NAMESPACE } from '#libs/resources';
import type { ObjectKey, ObjectStore, ObjectWrite } from '../store/object-store.js';

/** On the Namespace `signalbox-system`: the master key under which everything shall be encrypted. */
const REENCRYPT_ANNOTATION = 'signalbox.dev/reencrypt-to';

const kind: KindDefinition = kindOf('v1', 'Namespace')!;
const key: ObjectKey = { kind, namespace: '', name: SYSTEM_NAMESPACE };

/**
 * The request is an object's field like any other: authorised, audited with who asked when, and there for whoever leads
 * next. It stays when it is done, and then has nothing to do.
 */
export function reencryptionRequest(masterKey: string): ObjectWrite {
  return {
    key,
    verb: 'update',
    mutate: (stored) => {
      if (!stored) throw notFound(kind, SYSTEM_NAMESPACE);
      const annotations = { ...stored.metadata.annotations, [REENCRYPT_ANNOTATION]: masterKey };
      return { ...stored, metadata: { ...stored.metadata, annotations } };
    },
  };
}

/** The master key that was asked for last; undefined: nobody has asked. */
export async function requestedMasterKey(store: Pick<ObjectStore, 'get'>): Promise<string | undefined> {
  return (await store.get(key))?.metadata.annotations?.[REENCRYPT_ANNOTATION];
}
