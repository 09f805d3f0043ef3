import type { ApiObject } from '#libs/apimachinery';

/** Namespaces that share the policies, each with a Provider, a KeyPool and a Secret. */
const NAMESPACES = 50;

const object = (kind: string, namespace: string, name: string, generation: number, spec: object): ApiObject => ({
  apiVersion: 'signalbox.dev/v1',
  kind,
  metadata: {
    name,
    namespace,
    uid: `${kind}-${namespace}-${name}`,
    generation,
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: spec as Record<string, unknown>,
});

export const namespaceOf = (index: number): string => `team-${index % NAMESPACES}`;

export const policy = (index: number, generation = 1): ApiObject =>
  object('RoutePolicy', namespaceOf(index), `policy-${index}`, generation, {
    models: [`model-${index}`],
    rules: [
      {
        name: 'main',
        backendRefs: [
          { keyPoolRef: { name: 'pool' }, model: 'large', weight: generation },
          { keyPoolRef: { name: 'pool' }, model: 'small', priority: 1 },
        ],
      },
    ],
  });

export const provider = (namespace: string, generation = 1): ApiObject =>
  object('Provider', namespace, 'provider', generation, {
    type: 'OpenAICompatible',
    baseURL: 'https://api.example.com/v1',
    headers: [{ name: 'x-edit', value: String(generation) }],
    models: [{ name: 'large' }, { name: 'small' }],
  });

/** By key: as many policies, and what they refer to. */
export function world(policies: number): Map<string, ApiObject> {
  const objects = new Map<string, ApiObject>();
  const add = (each: ApiObject): void => void objects.set(each.metadata.uid!, each);
  for (let index = 0; index < Math.min(NAMESPACES, policies); index++) {
    const namespace = namespaceOf(index);
    add(provider(namespace));
    const valueFrom = { secretKeyRef: { name: 'keys', key: 'main' } };
    add(
      object('KeyPool', namespace, 'pool', 1, {
        providerRef: { name: 'provider' },
        keys: [{ name: 'main', valueFrom }],
      }),
    );
  }
  for (let index = 0; index < policies; index++) add(policy(index));
  return objects;
}

export function credentials(policies: number): Map<string, { version: string }> {
  const namespaces = Array.from({ length: Math.min(NAMESPACES, policies) }, (_, index) => namespaceOf(index));
  return new Map(namespaces.map((namespace) => [`${namespace}/keys/main`, { version: 'v1' }]));
}
