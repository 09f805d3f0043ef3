import type { ApiObject, KindDefinition } from '#libs/apimachinery';
import { SYSTEM_NAMESPACE, SYSTEM_SECRET_TYPE } from '#libs/resources';
import { controlPlaneOrigin } from '../store/control-plane-origin.js';
import type { ObjectStore } from '../store/object-store.js';

export type SecretData = Readonly<Record<string, Buffer>>;

/** The control plane's own secrets (its CA, the version key): Secrets like any other, encrypted at rest and audited. */
export class SystemSecrets {
  constructor(
    private readonly store: ObjectStore,
    private readonly secretKind: KindDefinition,
  ) {}

  /**
   * The secret of that name, made by `make` if there is none. Of replicas that start at the same time one creates it,
   * under the lock of its key, and all answer what that one made; the others' is dropped.
   */
  async getOrCreate(
    name: string,
    make: () => Promise<Record<string, string | Uint8Array>> | Record<string, string | Uint8Array>,
  ): Promise<SecretData> {
    const key = { kind: this.secretKind, namespace: SYSTEM_NAMESPACE, name };
    const existing = await this.store.get(key);
    if (existing) return dataOf(existing);
    const made = await make();
    const { results } = await this.store.commit(
      [{ key, verb: 'create', mutate: (stored) => stored ?? secretOf(name, made) }],
      controlPlaneOrigin,
    );
    return dataOf(results[0]?.object);
  }
}

function secretOf(name: string, data: Record<string, string | Uint8Array>): ApiObject {
  const encoded = Object.entries(data).map(([entry, value]) => [entry, Buffer.from(value).toString('base64')]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: SYSTEM_NAMESPACE },
    type: SYSTEM_SECRET_TYPE,
    data: Object.fromEntries(encoded) as Record<string, string>,
  };
}

function dataOf(object: ApiObject | undefined): SecretData {
  const data = (object?.['data'] ?? {}) as Record<string, string>;
  return Object.fromEntries(Object.entries(data).map(([entry, value]) => [entry, Buffer.from(value, 'base64')]));
}
