import { apiVersionOf, type KindDefinition, type KindRegistry } from '#libs/apimachinery';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { objectMeta } from './object-meta-schema.js';
import { resourceRoutes, type ResourceRoute } from '../server/resource-routes.js';

type Json = Record<string, unknown>;

const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation'];
const listParameters = [
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'resourceVersion',
  'timeoutSeconds',
  'watch',
];
const parameterTypes: Readonly<Record<string, string>> = {
  force: 'boolean',
  watch: 'boolean',
  limit: 'integer',
  timeoutSeconds: 'integer',
};

/** A document that is no object of a kind. */
const anyObject = { 'application/json': { schema: { type: 'object' } } };

const documentPath = (groupVersion: string): string =>
  groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;

/** OpenAPI v3 documents, one a group and version, made from the kinds' schemas: what `kubectl explain` and validation read. */
export class OpenAPI {
  readonly #documents: ReadonlyMap<string, string>;

  constructor({ all }: KindRegistry) {
    const groupVersions = [...new Set(all.map(apiVersionOf))];
    this.#documents = new Map(
      groupVersions.map((groupVersion) => {
        const kinds = all.filter((kind) => apiVersionOf(kind) === groupVersion);
        return [documentPath(groupVersion), JSON.stringify(openAPIDocument(groupVersion, kinds))];
      }),
    );
  }

  /** `GET /openapi/v3`: where each document is, with a hash that changes when it does. */
  get index() {
    return {
      paths: Object.fromEntries(
        [...this.#documents].map(([path, text]) => {
          const hash = createHash('sha256').update(text).digest('hex').toUpperCase();
          return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }];
        }),
      ),
    };
  }

  /** `GET /openapi/v3/{path}` as JSON text; undefined: no such document. */
  documentText(path: string): string | undefined {
    return this.#documents.get(path);
  }
}

function openAPIDocument(groupVersion: string, kinds: readonly KindDefinition[]): Json {
  const paths: Json = {};
  for (const route of resourceRoutes({ all: kinds })) {
    const pattern = route.pattern.replaceAll(/:(\w+)/g, '{$1}');
    paths[pattern] = pathItem(route);
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Signalbox', version: groupVersion },
    paths,
    components: {
      schemas: Object.fromEntries([
        ...kinds.map((kind) => [schemaName(kind), kindSchema(kind)]),
        ['ObjectMeta', objectMeta],
      ]),
    },
  };
}

function schemaName({ group, version, kind }: KindDefinition): string {
  const prefix = group === '' ? 'io.k8s.api.core' : group.split('.').reverse().join('.');
  return `${prefix}.${version}.${kind}`;
}

function gvk({ group, version, kind }: KindDefinition): Json {
  return { group, version, kind };
}

function kindSchema(kind: KindDefinition): Json {
  const content = jsonSchema(kind.content);
  return {
    type: 'object',
    description: kind.description,
    properties: {
      apiVersion: { type: 'string', description: 'Version of the schema.' },
      kind: { type: 'string', description: 'What this object is.' },
      metadata: {
        description: 'Name, namespace, labels, annotations.',
        allOf: [{ $ref: '#/components/schemas/ObjectMeta' }],
      },
      ...(content.properties as Json),
      ...(kind.hasStatus && { status: kind.status ? jsonSchema(kind.status) : { type: 'object' } }),
    },
    ...(Array.isArray(content.required) && { required: content.required }),
    'x-kubernetes-group-version-kind': [gvk(kind)],
  };
}

/** OpenAPI 3.0 has no `const`, `$schema` or `propertyNames`, and Kubernetes clients expect no bounds that zod adds of itself. */
function jsonSchema(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema: node }) => {
      if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum;
      if (node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum;
      delete node.propertyNames;
    },
  }) as Json;
}

function pathItem(route: ResourceRoute): Json {
  const { kind, shape, subresource } = route;
  const parameters = [...route.pattern.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', uniqueItems: true },
  }));
  const operation = (action: string, query: readonly string[], body?: Json): Json => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk(kind),
    parameters: query.map(queryParameter),
    ...(body && { requestBody: { content: body } }),
    responses: { 200: { description: 'OK', content: { 'application/json': { schema: ref(kind) } } } },
  });
  if (subresource === 'reset') return { parameters, post: operation('post', ['dryRun'], anyObject) };
  const object = { 'application/json': { schema: ref(kind) }, 'application/yaml': { schema: ref(kind) } };
  if (shape !== 'object') {
    return {
      parameters,
      get: operation('list', listParameters),
      ...(shape === 'collection' &&
        !kind.readOnly && {
          post: operation('post', writeParameters, object),
          delete: operation('deletecollection', ['dryRun', ...listParameters]),
        }),
    };
  }
  if (subresource === 'effective') return { parameters, get: operation('get', []) };
  return {
    parameters,
    get: operation('get', []),
    ...((!kind.readOnly || subresource === 'status') && {
      put: operation('put', writeParameters, object),
      patch: operation('patch', [...writeParameters, 'force'], patchBody(kind)),
    }),
    ...(subresource === undefined && { delete: operation('delete', ['dryRun']) }),
  };
}

/** Naming strategic merge patch makes kubectl compute one, which only kinds that it was built with understand. */
function patchBody(kind: KindDefinition): Json {
  const types = [
    'application/merge-patch+json',
    ...(kind.group === '' ? ['application/strategic-merge-patch+json'] : []),
  ];
  return Object.fromEntries(types.map((type) => [type, { schema: { type: 'object' } }]));
}

function queryParameter(name: string): Json {
  return { name, in: 'query', schema: { type: parameterTypes[name] ?? 'string', uniqueItems: true } };
}
function ref(kind: KindDefinition): Json {
  return { $ref: `#/components/schemas/${schemaName(kind)}` };
}
