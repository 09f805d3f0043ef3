import { allNamespaces, cluster, namespaceScope } from '#libs/apimachinery';
import type { Attributes } from './authorizer.js';
import { BuiltInAuthorizer } from './built-in-authorizer.js';

const resource = (verb: string, resource: string, more: object = {}): Attributes => ({
  type: 'resource',
  verb,
  group: resource === 'secrets' || resource === 'namespaces' ? '' : 'signalbox.dev',
  resource,
  scope: namespaceScope('default'),
  ...more,
});
const path = (verb: string, at: string): Attributes => ({ type: 'path', verb, path: at });

/** Who of [admins, editors, viewers, data-planes, nobody] may. */
const table: [string, Attributes, string][] = [
  ['read a provider', resource('get', 'providers'), 'aev'],
  ['watch secrets', resource('watch', 'secrets'), 'aev'],
  ['read system secrets', resource('get', 'secrets', { scope: namespaceScope('signalbox-system') }), 'a'],
  ['list the secrets of all namespaces', resource('list', 'secrets', { scope: allNamespaces }), 'a'],
  ['list the providers of all namespaces', resource('list', 'providers', { scope: allNamespaces }), 'aev'],
  ['delete a data plane', resource('delete', 'dataplanes', { scope: cluster }), 'a'],
  ['create a provider', resource('create', 'providers'), 'ae'],
  ['patch a secret', resource('patch', 'secrets'), 'ae'],
  ['delete a collection', resource('deletecollection', 'providers'), 'ae'],
  ['delete what is in all namespaces', resource('deletecollection', 'providers', { scope: allNamespaces }), 'a'],
  ['create in all namespaces', resource('create', 'providers', { scope: allNamespaces }), 'a'],
  ['list everything of all namespaces', resource('list', '*', { scope: allNamespaces }), 'a'],
  ['write into signalbox-system', resource('create', 'secrets', { scope: namespaceScope('signalbox-system') }), 'a'],
  ['delete signalbox-system', resource('delete', 'namespaces', { scope: cluster, name: 'signalbox-system' }), 'a'],
  ['create a namespace', resource('create', 'namespaces', { scope: cluster, name: 'team' }), 'ae'],
  ['write a status', resource('update', 'providers', { subresource: 'status' }), 'a'],
  ['allow plain http', resource('allow-insecure', 'providers'), 'a'],
  ['allow private addresses', resource('allow-private-network', 'providers'), 'a'],
  ['ask about itself', resource('create', 'selfsubjectaccessreviews', { group: 'authorization.k8s.io' }), 'aevdn'],
  ['post a review', path('create', '/apis/authentication.k8s.io/v1/selfsubjectreviews'), 'aevdn'],
  ['apply', path('create', '/apply'), 'ae'],
  ['read the audit', path('get', '/audit'), 'aev'],
  ['export the head of the audit', path('get', '/audit/head'), 'aev'],
  ['verify the audit', path('get', '/audit/verify'), 'a'],
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
