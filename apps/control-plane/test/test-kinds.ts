import { z } from 'zod';
import { type ApiObject, keptForEver, type KindDefinition } from '#libs/apimachinery';
import type { ObjectKey, ObjectWrite, Origin } from '../src/store/object-store.js';

function kind(kind: string, overrides: Partial<KindDefinition> = {}): KindDefinition {
  return {
    group: 'signalbox.dev',
    version: 'v1',
    kind,
    plural: `${kind.toLowerCase()}s`,
    singular: kind.toLowerCase(),
    description: `A ${kind} of the store's tests.`,
    shortNames: [],
    namespaced: true,
    hasStatus: true,
    storage: keptForEver,
    content: z.object({}),
    columns: [],
    effective: (object) => object,
    validate: () => [],
    ...overrides,
  };
}

/** Kinds of the store's own tests: what the store does doesn't depend on what a kind means. */
export const widgets = kind('Widget');
export const gadgets = kind('Gadget');
export const zones = kind('Zone', { namespaced: false });
export const secrets = kind('Secret', {
  group: '',
  sensitive: true,
  hasStatus: false,
  storage: { encrypted: true, audited: true, revisions: false },
});
export const reports = kind('Report', {
  namespaced: false,
  readOnly: true,
  storage: { encrypted: false, audited: true, revisions: false },
});
/** Such as Events will be: nothing of it is kept but its present state. */
export const notes = kind('Note', { storage: { encrypted: false, audited: false, revisions: false } });
export const testKinds: readonly KindDefinition[] = [widgets, gadgets, zones, secrets, reports, notes];

export const alice: Origin = {
  user: 'alice',
  groups: ['signalbox:editors'],
  sourceAddress: '127.0.0.1',
  userAgent: 'a test',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  traceParent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};
export const controlPlane: Origin = { ...alice, user: 'system:control-plane', groups: [], sourceAddress: '' };

export const keyOf = (kind: KindDefinition, name: string, namespace = kind.namespaced ? 'default' : ''): ObjectKey => ({
  kind,
  namespace,
  name,
});

export function objectOf({ kind, namespace, name }: ObjectKey, spec: Record<string, unknown> = {}): ApiObject {
  return {
    apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
    kind: kind.kind,
    metadata: { name, ...(kind.namespaced && { namespace }) },
    spec,
  };
}

export const create = (key: ObjectKey, spec: Record<string, unknown> = {}): ObjectWrite => ({
  key,
  verb: 'create',
  mutate: (stored) => {
    if (stored) throw new Error(`${key.name} exists`);
    return objectOf(key, spec);
  },
});

/** `change` gets the stored object and edits or replaces it. */
export const update = (key: ObjectKey, change: (stored: ApiObject) => ApiObject): ObjectWrite => ({
  key,
  verb: 'update',
  mutate: (stored) => {
    if (!stored) throw new Error(`${key.name} is absent`);
    return change(stored);
  },
});

export const put = (key: ObjectKey, spec: Record<string, unknown>): ObjectWrite => ({
  key,
  verb: 'apply',
  mutate: (stored) => ({ ...(stored ?? objectOf(key)), spec }),
});

export const setStatus = (key: ObjectKey, status: Record<string, unknown>): ObjectWrite => ({
  ...update(key, (stored) => ({ ...stored, status })),
  subresource: 'status',
});

export const remove = (key: ObjectKey): ObjectWrite => ({ key, verb: 'delete', mutate: () => undefined });
