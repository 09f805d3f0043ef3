import type { AdminClient } from '#libs/testing';

type Schema = Record<string, unknown>;

/** A CustomResourceDefinition made from the schema that our own server publishes, so that both servers validate the same. */
export async function routePolicyDefinition(admin: AdminClient): Promise<object> {
  const document = await admin.get<{ components: { schemas: Record<string, Schema> } }>(
    '/openapi/v3/apis/signalbox.dev/v1',
  );
  const { 'x-kubernetes-group-version-kind': _gvk, ...schema } =
    document.components.schemas['dev.signalbox.v1.RoutePolicy'] ?? {};
  const properties = { ...(schema['properties'] as Schema), metadata: { type: 'object' } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'routepolicies.signalbox.dev' },
    spec: {
      group: 'signalbox.dev',
      names: { plural: 'routepolicies', singular: 'routepolicy', kind: 'RoutePolicy' },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: structural({ ...schema, properties }) },
        },
      ],
    },
  };
}

/** A definition's schema names its fields or says that there are others, never both, and has no references. */
function structural(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structural);
  if (typeof value !== 'object' || value === null) return value;
  const { properties, ...rest } = value as Schema;
  if (properties !== undefined) delete rest['additionalProperties'];
  const kept = Object.fromEntries(Object.entries(rest).map(([name, each]) => [name, structural(each)]));
  if (typeof properties !== 'object' || properties === null) return kept;
  const fields = Object.entries(properties as Schema).map(([name, each]) => [name, structural(each)]);
  return { ...kept, properties: Object.fromEntries(fields) as Schema };
}
