import type { Attributes } from './authorizer.js';
import { BuiltInAuthorizer } from './built-in-authorizer.js';

const resource = (verb: string, resource: string, more: object = {}): Attributes => ({
  type: 'resource',
  verb,
  group: resource === 'secrets' || resource === 'namespaces' ? '' : 'signalbox.dev',
  resource,
  namespace: 'default',
  ...more,
});
const path = (verb: string, at: string): Attributes => ({ type: 'path', verb, path: at });

/** Who of [admins, editors, viewers, data-planes, nobody] may. */
const table: [string, Attributes, string][] = [
  ['read a provider', resource('get', 'providers'), 'aev'],
  ['watch secrets', resource('watch', 'secrets'), 'aev'],
  ['read system secrets', resource('get', 'secrets', { namespace: 'signalbox-system' }), 'a'],
  ['list the secrets of all namespaces', resource('list', 'secrets', { namespace: '' }), 'a'],
  ['list the providers of all namespaces', resource('list', 'providers', { namespace: '' }), 'aev'],
  ['delete a data plane', resource('delete', 'dataplanes', { namespace: '' }), 'a'],
  ['create a provider', resource('create', 'providers'), 'ae'],
  ['patch a secret', resource('patch', 'secrets'), 'ae'],
  ['delete a collection', resource('deletecollection', 'providers'), 'ae'],
  ['write into signalbox-system', resource('create', 'secrets', { namespace: 'signalbox-system' }), 'a'],
  ['delete signalbox-system', resource('delete', 'namespaces', { namespace: '', name: 'signalbox-system' }), 'a'],
  ['create a namespace', resource('create', 'namespaces', { namespace: '', name: 'team' }), 'ae'],
  ['write a status', resource('update', 'providers', { subresource: 'status' }), 'a'],
  ['allow plain http', resource('allow-insecure', 'providers'), 'a'],
  ['allow private addresses', resource('allow-private-network', 'providers'), 'a'],
  ['ask about itself', resource('create', 'selfsubjectaccessreviews', { group: 'authorization.k8s.io' }), 'aevdn'],
  ['post a review', path('create', '/apis/authentication.k8s.io/v1/selfsubjectreviews'), 'aevdn'],
  ['apply', path('create', '/apply'), 'ae'],
  ['read the audit', path('get', '/audit'), 'aev'],
  ['verify the audit', path('get', '/audit/verify'), 'aev'],
  ['read metrics', path('get', '/metrics'), 'aev'],
  ['discover', path('get', '/apis/signalbox.dev/v1'), 'aevdn'],
  ['read the version', path('get', '/version'), 'aevdn'],
  ['open the stream', path('get', '/control/v1/stream'), 'd'],
  ['read another path', path('get', '/apisx'), 'a'],
];
const groups: [string, string][] = [
  ['a', 'signalbox:admins'],
  ['e', 'signalbox:editors'],
  ['v', 'signalbox:viewers'],
  ['d', 'signalbox:data-planes'],
  ['n', 'other'],
];

test.each(table)('%s', (_, attributes, allowed) => {
  const authorizer = new BuiltInAuthorizer();
  const may = groups.filter(([, group]) => authorizer.authorize({ user: 'x', groups: [group] }, attributes).allowed);
  expect(may.map(([letter]) => letter).join('')).toBe(allowed);
});
