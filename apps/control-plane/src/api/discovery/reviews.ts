import {
  allNamespaces,
  badRequest,
  cluster,
  isMap,
  type KindDefinition,
  type KindRegistry,
  namespaceScope,
  type Scope,
} from '#libs/apimachinery';
import type { Attributes, Authorizer } from '../../auth/authorizer.js';
import { readBody } from '../request/body.js';
import { rulesOf } from './rules.js';
import { answer, type Call } from '../request/call.js';
import { bodyFormat } from '../request/media-type.js';
import type { PathRoute } from '../server/api-server.js';

const AUTHENTICATION = 'authentication.k8s.io/v1';
const AUTHORIZATION = 'authorization.k8s.io/v1';

/** `kubectl auth whoami` and `kubectl auth can-i`: a caller asks about itself, so every identity may. */
export function reviewRoutes(registry: KindRegistry, authorizer: Authorizer): PathRoute[] {
  return [
    {
      method: 'POST',
      pattern: `/apis/${AUTHENTICATION}/selfsubjectreviews`,
      verb: 'create',
      handle: (call) => {
        const { user, groups } = call.identity;
        return answer(201, {
          ...review(call, AUTHENTICATION, 'SelfSubjectReview'),
          status: { userInfo: { username: user, groups } },
        });
      },
    },
    {
      method: 'POST',
      pattern: `/apis/${AUTHORIZATION}/selfsubjectaccessreviews`,
      verb: 'create',
      handle: (call) => {
        const object = review(call, AUTHORIZATION, 'SelfSubjectAccessReview');
        const { allowed, reason } = authorizer.authorize(call.identity, attributesOf(registry, object.spec));
        return answer(201, { ...object, status: { allowed, reason } });
      },
    },
    {
      method: 'POST',
      pattern: `/apis/${AUTHORIZATION}/selfsubjectrulesreviews`,
      verb: 'create',
      handle: (call) => {
        const object = review(call, AUTHORIZATION, 'SelfSubjectRulesReview');
        const namespace = text(isMap(object.spec) ? object.spec.namespace : undefined);
        if (namespace === '') throw badRequest('spec.namespace: is required');
        return answer(201, { ...object, status: rulesOf(registry, authorizer, call.identity, namespace) });
      },
    },
  ];
}

function review(call: Call, apiVersion: string, kind: string): Record<string, unknown> {
  const value = readBody(call.body, bodyFormat(call.headers['content-type'] as string | undefined));
  if (!isMap(value) || value.kind !== kind || value.apiVersion !== apiVersion) {
    throw badRequest(`the body must be one ${kind} of ${apiVersion}`);
  }
  const { spec } = value;
  return { kind, apiVersion, metadata: {}, ...(isMap(spec) && { spec }) };
}

function attributesOf(registry: KindRegistry, spec: unknown): Attributes {
  const { resourceAttributes: resource, nonResourceAttributes: path } = isMap(spec) ? spec : {};
  if (isMap(resource)) {
    const subresource = text(resource.subresource);
    const name = text(resource.name);
    const [group, plural] = [text(resource.group), text(resource.resource)];
    return {
      type: 'resource',
      verb: text(resource.verb),
      group,
      resource: plural,
      scope: scopeOf(registry.inGroup(group), plural, text(resource.namespace)),
      ...(subresource !== '' && { subresource }),
      ...(name !== '' && { name }),
    };
  }
  if (isMap(path)) return { type: 'path', verb: text(path.verb), path: text(path.path) };
  throw badRequest('spec: give resourceAttributes or nonResourceAttributes');
}

/** In a review an empty namespace means the cluster for the kinds that have none, and all namespaces for the others. */
function scopeOf(kinds: readonly KindDefinition[], plural: string, namespace: string): Scope {
  if (kinds.some((kind) => kind.plural === plural && !kind.namespaced)) return cluster;
  return namespace === '' ? allNamespaces : namespaceScope(namespace);
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
