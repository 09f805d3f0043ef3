import type { KindDefinition } from '#libs/apimachinery';
import { kinds } from '#libs/resources';

/** Discovery documents, made from the kind registry. Legacy (one document a group and version) and aggregated (one in all). */

const objectVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const readOnlyVerbs = ['delete', 'get', 'list', 'watch'];
export const statusVerbs = ['get', 'patch', 'update'];
export const GROUP = 'signalbox.dev';
const VERSION = 'v1';

/** Kinds that are asked about oneself, by the group that has them; they are created and never stored. */
export const reviewKinds = [
  { group: 'authentication.k8s.io', kind: 'SelfSubjectReview', plural: 'selfsubjectreviews' },
  { group: 'authorization.k8s.io', kind: 'SelfSubjectAccessReview', plural: 'selfsubjectaccessreviews' },
  { group: 'authorization.k8s.io', kind: 'SelfSubjectRulesReview', plural: 'selfsubjectrulesreviews' },
] as const;

export const verbsOf = (kind: KindDefinition): string[] => (kind.readOnly ? readOnlyVerbs : objectVerbs);
const kindsOf = (group: string): KindDefinition[] => kinds.filter((kind) => kind.group === group);
const groupNames = [...new Set([GROUP, ...reviewKinds.map((review) => review.group)])];

/** `GET /api` */
export const apiVersions = {
  kind: 'APIVersions',
  versions: [VERSION],
  serverAddressByClientCIDRs: [],
};

/** `GET /apis` */
export const apiGroupList = { kind: 'APIGroupList', apiVersion: 'v1', groups: groupNames.map(apiGroup) };

/** `GET /apis/{group}`; undefined: no such group. */
export function apiGroupOf(group: string) {
  return groupNames.includes(group) ? { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(group) } : undefined;
}

/** `GET /api/v1` and `GET /apis/{group}/{version}`; undefined: no such version. */
export function apiResourceList(group: string, version: string) {
  if (version !== VERSION || (group !== '' && !groupNames.includes(group))) return undefined;
  const groupVersion = group === '' ? version : `${group}/${version}`;
  const resources = [
    ...kindsOf(group).flatMap(apiResources),
    ...reviewKinds
      .filter((review) => review.group === group)
      .map(({ kind, plural }) => ({
        name: plural,
        singularName: kind.toLowerCase(),
        namespaced: false,
        kind,
        verbs: ['create'],
      })),
  ];
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}

function apiGroup(name: string) {
  const version = { groupVersion: `${name}/${VERSION}`, version: VERSION };
  return { name, versions: [version], preferredVersion: version };
}

function apiResources(kind: KindDefinition) {
  const base = { namespaced: kind.namespaced, kind: kind.kind };
  const { singular: singularName, shortNames } = kind;
  const resource = { name: kind.plural, singularName, ...base, verbs: verbsOf(kind), ...categories(kind) };
  return [
    { ...resource, ...(shortNames.length > 0 && { shortNames }) },
    ...(kind.hasStatus ? [{ name: `${kind.plural}/status`, singularName: '', ...base, verbs: statusVerbs }] : []),
  ];
}

/** `kubectl get signalbox` shows everything of ours, `kubectl get all` what is in a namespace. */
const categories = ({ group, namespaced }: KindDefinition) =>
  group === GROUP ? { categories: ['signalbox', ...(namespaced ? ['all'] : [])] } : {};

/** Media type parameters under which a client asks for the aggregated form. */
export const AGGREGATED = {
  as: 'APIGroupDiscoveryList',
  g: 'apidiscovery.k8s.io',
  versions: ['v2', 'v2beta1'],
} as const;

/** `GET /api` (core) and `GET /apis` (the others) as apidiscovery.k8s.io has them. */
export function aggregatedDiscovery(core: boolean, version: string) {
  const groups = core ? [''] : groupNames;
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `${AGGREGATED.g}/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: group === '' ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
      versions: [{ version: VERSION, freshness: 'Current', resources: aggregatedResources(group) }],
    })),
  };
}

function aggregatedResources(group: string) {
  const stored = kindsOf(group).map((kind) => {
    const responseKind = { group, version: kind.version, kind: kind.kind };
    return {
      resource: kind.plural,
      responseKind,
      scope: kind.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: kind.singular,
      verbs: verbsOf(kind),
      ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
      ...categories(kind),
      ...(kind.hasStatus && { subresources: [{ subresource: 'status', responseKind, verbs: statusVerbs }] }),
    };
  });
  const reviews = reviewKinds
    .filter((review) => review.group === group)
    .map(({ kind, plural }) => ({
      resource: plural,
      responseKind: { group, version: VERSION, kind },
      scope: 'Cluster',
      singularResource: kind.toLowerCase(),
      verbs: ['create'],
    }));
  return [...stored, ...reviews];
}
