import { SYSTEM_NAMESPACE } from '#libs/resources';
import type { Attributes, Authorizer, Verdict } from './authorizer.js';
import { groups, type Identity } from './identity.js';

const reading = ['get', 'list', 'watch'];
const writing = ['create', 'update', 'patch', 'delete', 'deletecollection'];
/** Paths that show nothing of the configuration: every identity may read them, as clients need them to work at all. */
const open = ['/api', '/apis', '/openapi', '/version'];
/** Asking about oneself. */
const selfReviews = ['selfsubjectaccessreviews', 'selfsubjectreviews', 'selfsubjectrulesreviews'];

/**
 * Fixed rules by group. Admins do everything that is for people. Editors write what people write, outside `signalbox-system` and so never in
 * all namespaces at once, but no status and no DataPlane, reset what data planes remember there, and grant no exception from the address rules. Viewers read all but the Secrets of `signalbox-system`, and so
 * list Secrets a namespace at a time. Data planes open their stream and nothing else.
 */
export class BuiltInAuthorizer implements Authorizer {
  authorize({ groups: memberOf }: Identity, attributes: Attributes): Verdict {
    for (const rule of rules) {
      if (memberOf.includes(rule.group) && rule.allows(attributes))
        return { allowed: true, reason: `group ${rule.group}` };
    }
    if (allowsEveryone(attributes)) return { allowed: true, reason: 'allowed for every identity' };
    return { allowed: false, reason: `none of its groups allows it` };
  }
}

interface Rule {
  readonly group: string;
  allows(attributes: Attributes): boolean;
}

const rules: readonly Rule[] = [
  { group: groups.admins, allows: (attributes) => !isStream(attributes) },
  { group: groups.editors, allows: (attributes) => mayRead(attributes) || mayEdit(attributes) },
  { group: groups.viewers, allows: mayRead },
  {
    group: groups.dataPlanes,
    allows: isStream,
  },
];

/** Values of Secrets go down there, which no person reads. */
function isStream(attributes: Attributes): boolean {
  return attributes.type === 'path' && attributes.path.startsWith('/control/');
}

function mayRead(attributes: Attributes): boolean {
  if (!reading.includes(attributes.verb)) return false;
  if (attributes.type === 'path') return ['/metrics', '/audit', '/audit/head'].includes(attributes.path);
  const { resource, scope } = attributes;
  // Reviews may ask about every kind at once; that of all namespaces one is `signalbox-system` goes without saying.
  if (!['secrets', '*'].includes(resource)) return true;
  return scope.type === 'Namespace' && scope.namespace !== SYSTEM_NAMESPACE;
}

function mayEdit(attributes: Attributes): boolean {
  if (attributes.type === 'path') return attributes.path === '/apply' && attributes.verb === 'create';
  const { verb, resource, subresource, scope, name } = attributes;
  // A reset is no edit, and stands in the way of nobody who may edit.
  const isReset = subresource === 'reset' && verb === 'create';
  if (!writing.includes(verb) || (subresource !== undefined && !isReset)) return false;
  switch (scope.type) {
    case 'Namespace':
      return scope.namespace !== SYSTEM_NAMESPACE;
    case 'AllNamespaces':
      return false;
    case 'Cluster':
      return resource === 'namespaces' && name !== SYSTEM_NAMESPACE;
  }
}

function allowsEveryone(attributes: Attributes): boolean {
  if (attributes.type === 'resource') {
    return attributes.verb === 'create' && selfReviews.includes(attributes.resource);
  }
  const last = attributes.path.slice(attributes.path.lastIndexOf('/') + 1);
  if (attributes.verb === 'create') return attributes.path.startsWith('/apis/') && selfReviews.includes(last);
  return (
    attributes.verb === 'get' && open.some((path) => attributes.path === path || attributes.path.startsWith(`${path}/`))
  );
}
