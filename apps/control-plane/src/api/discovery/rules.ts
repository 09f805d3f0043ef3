import { type KindDefinition, type KindRegistry, objectScope } from '#libs/apimachinery';
import type { Authorizer, Verb } from '../../auth/authorizer.js';
import type { Identity } from '../../auth/identity.js';
import { resetVerbs, statusVerbs, verbsOf } from './discovery.js';

/** Addresses that are no resources, as `authorize` is asked for them, and as clients write a whole tree of them. */
const paths: readonly { readonly verb: string; readonly path: string; readonly shown?: string }[] = [
  { verb: 'get', path: '/version' },
  { verb: 'get', path: '/api/v1', shown: '/api/*' },
  { verb: 'get', path: '/apis/signalbox.dev/v1', shown: '/apis/*' },
  { verb: 'get', path: '/openapi/v3', shown: '/openapi/*' },
  { verb: 'get', path: '/metrics' },
  { verb: 'get', path: '/audit' },
  { verb: 'get', path: '/audit/head' },
  { verb: 'get', path: '/audit/verify' },
  { verb: 'get', path: '/keys' },
  { verb: 'create', path: '/keys/reencrypt' },
  { verb: 'create', path: '/apply' },
  { verb: 'get', path: '/control/v1/stream', shown: '/control/*' },
];
const exceptions: readonly Verb[] = ['allow-insecure', 'allow-private-network'];

/**
 * Everything that an identity may do in a namespace (authorization.k8s.io/v1 SubjectRulesReviewStatus), for people: found by
 * asking for each kind and verb, so it says what any `Authorizer` would. Rules for single names are not among it.
 */
export function rulesOf(registry: KindRegistry, authorizer: Authorizer, identity: Identity, namespace: string) {
  const allowed = (kind: KindDefinition, verbs: readonly string[], subresource?: 'status' | 'reset'): string[] =>
    verbs.filter((verb) => {
      const { group, plural: resource } = kind;
      return authorizer.authorize(identity, {
        type: 'resource',
        verb,
        group,
        resource,
        scope: objectScope(kind, namespace),
        ...(subresource && { subresource }),
      }).allowed;
    });
  const resourceRules = registry.all.flatMap((kind) => {
    const verbs = kind.requiredVerbs ? [...verbsOf(kind), ...exceptions] : verbsOf(kind);
    return [
      { verbs: allowed(kind, verbs), apiGroups: [kind.group], resources: [kind.plural] },
      ...(kind.hasStatus
        ? [
            {
              verbs: allowed(kind, statusVerbs, 'status'),
              apiGroups: [kind.group],
              resources: [`${kind.plural}/status`],
            },
          ]
        : []),
      ...(kind.remembered
        ? [{ verbs: allowed(kind, resetVerbs, 'reset'), apiGroups: [kind.group], resources: [`${kind.plural}/reset`] }]
        : []),
    ];
  });
  const nonResourceRules = paths
    .filter(({ verb, path }) => authorizer.authorize(identity, { type: 'path', verb, path }).allowed)
    .map(({ verb, path, shown = path }) => ({ verbs: [verb], nonResourceURLs: [shown] }));
  return { resourceRules: resourceRules.filter(({ verbs }) => verbs.length > 0), nonResourceRules, incomplete: false };
}
