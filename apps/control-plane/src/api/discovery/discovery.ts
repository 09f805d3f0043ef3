import type { KindDefinition, KindRegistry } from '#libs/apimachinery';

const objectVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const readOnlyVerbs = ['delete', 'get', 'list', 'watch'];
export const statusVerbs = ['get', 'patch', 'update'];
export const resetVerbs = ['create'];
/** What is posted to `/reset`: no kind of object, as nothing is stored. */
const RESET = { kind: 'Reset' };
export const verbsOf = (kind: KindDefinition): string[] => (kind.readOnly ? readOnlyVerbs : objectVerbs);

/** Kinds that are asked about oneself, by the group that has them; they are created and never stored. */
const reviewKinds = [
  { group: 'authentication.k8s.io', version: 'v1', kind: 'SelfSubjectReview', plural: 'selfsubjectreviews' },
  { group: 'authorization.k8s.io', version: 'v1', kind: 'SelfSubjectAccessReview', plural: 'selfsubjectaccessreviews' },
  { group: 'authorization.k8s.io', version: 'v1', kind: 'SelfSubjectRulesReview', plural: 'selfsubjectrulesreviews' },
] as const;

/** Media type parameters under which a client asks for the aggregated form. */
export const AGGREGATED = {
  as: 'APIGroupDiscoveryList',
  g: 'apidiscovery.k8s.io',
  versions: ['v2', 'v2beta1'],
} as const;

/** Discovery documents, made from the kinds. Legacy (one document a group and version) and aggregated (one in all). */
export class Discovery {
  readonly #registry: KindRegistry;
  /** The versions of each group, the preferred one first; the core group is ''. */
  readonly #versions = new Map<string, string[]>();

  constructor(registry: KindRegistry) {
    this.#registry = registry;
    for (const { group, version } of [...registry.all, ...reviewKinds]) {
      const versions = this.#versions.get(group) ?? [];
      if (!versions.includes(version)) this.#versions.set(group, [...versions, version]);
    }
  }

  /** `GET /api` */
  apiVersions() {
    return { kind: 'APIVersions', versions: this.#versions.get('') ?? [], serverAddressByClientCIDRs: [] };
  }

  /** `GET /apis` */
  groupList() {
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: this.#named().map((group) => this.#apiGroup(group)) };
  }

  /** `GET /apis/{group}`; undefined: no such group. */
  group(name: string) {
    return this.#named().includes(name) ? { kind: 'APIGroup', apiVersion: 'v1', ...this.#apiGroup(name) } : undefined;
  }

  /** `GET /api/v1` and `GET /apis/{group}/{version}`; undefined: no such version. */
  resourceList(group: string, version: string) {
    if (!this.#versions.get(group)?.includes(version)) return undefined;
    const groupVersion = group === '' ? version : `${group}/${version}`;
    const reviews = reviewsOf(group, version).map(({ kind, plural }) => ({
      name: plural,
      singularName: kind.toLowerCase(),
      namespaced: false,
      kind,
      verbs: ['create'],
    }));
    const resources = [...this.#kindsOf(group, version).flatMap(apiResources), ...reviews];
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
  }

  /** `GET /api` (core) and `GET /apis` (the others) as apidiscovery.k8s.io has them. */
  aggregated(core: boolean, form: string) {
    return {
      kind: 'APIGroupDiscoveryList',
      apiVersion: `${AGGREGATED.g}/${form}`,
      metadata: {},
      items: (core ? [''] : this.#named()).map((group) => ({
        metadata: group === '' ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
        versions: (this.#versions.get(group) ?? []).map((version) => ({
          version,
          freshness: 'Current',
          resources: [...this.#kindsOf(group, version), ...reviewsOf(group, version)].map(aggregatedResource),
        })),
      })),
    };
  }

  /** All but the core group. */
  #named(): string[] {
    return [...this.#versions.keys()].filter((group) => group !== '');
  }

  #kindsOf(group: string, version: string): KindDefinition[] {
    return this.#registry.inGroup(group).filter((kind) => kind.version === version);
  }

  #apiGroup(name: string) {
    const versions = (this.#versions.get(name) ?? []).map((version) => ({
      groupVersion: `${name}/${version}`,
      version,
    }));
    return { name, versions, preferredVersion: versions[0] };
  }
}

type ReviewKind = (typeof reviewKinds)[number];

const reviewsOf = (group: string, version: string): ReviewKind[] =>
  reviewKinds.filter((review) => review.group === group && review.version === version);

function apiResources(kind: KindDefinition) {
  const { namespaced, kind: name, singular: singularName, shortNames } = kind;
  const base = { namespaced, kind: name };
  const resource = { name: kind.plural, singularName, ...base, verbs: verbsOf(kind), ...categories(kind) };
  return [
    { ...resource, ...(shortNames.length > 0 && { shortNames }) },
    ...(kind.hasStatus ? [{ name: `${kind.plural}/status`, singularName: '', ...base, verbs: statusVerbs }] : []),
    ...(kind.remembered
      ? [{ ...base, name: `${kind.plural}/reset`, singularName: '', ...RESET, verbs: resetVerbs }]
      : []),
  ];
}

/** `kubectl get signalbox` shows everything of ours, `kubectl get all` what is in a namespace. */
const categories = ({ categories: names }: KindDefinition) => (names ? { categories: names } : {});

/** As aggregated discovery has them; left out where there are none. */
function subresources(kind: KindDefinition) {
  const { group, version, kind: name } = kind;
  const all = [
    ...(kind.hasStatus
      ? [{ subresource: 'status', responseKind: { group, version, kind: name }, verbs: statusVerbs }]
      : []),
    ...(kind.remembered
      ? [{ subresource: 'reset', responseKind: { group, version, ...RESET }, verbs: resetVerbs }]
      : []),
  ];
  return all.length > 0 ? { subresources: all } : {};
}

function aggregatedResource(kind: KindDefinition | ReviewKind) {
  const { group, version, plural: resource } = kind;
  const responseKind = { group, version, kind: kind.kind };
  if (!('namespaced' in kind)) {
    const singularResource = kind.kind.toLowerCase();
    return { resource, responseKind, scope: 'Cluster', singularResource, verbs: ['create'] };
  }
  return {
    resource,
    responseKind,
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: verbsOf(kind),
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...categories(kind),
    ...subresources(kind),
  };
}
