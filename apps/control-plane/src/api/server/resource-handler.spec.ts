import { kindOf } from '#libs/resources';
import type { Call } from '../request/call.js';
import { verbOf } from './resource-handler.js';
import type { ResourceRoute } from './resource-routes.js';

const kind = kindOf('signalbox.dev/v1', 'Provider')!;

test.each<[string, ResourceRoute['shape'], string, string]>([
  ['GET', 'collection', 'watch=true', 'watch'],
  ['GET', 'object', 'watch=1', 'watch'],
  ['GET', 'allNamespaces', 'watch=false', 'list'],
  ['HEAD', 'collection', 'watch=true', 'list'],
  ['HEAD', 'object', 'watch=true', 'get'],
  ['DELETE', 'collection', 'watch=true', 'deletecollection'],
])('%s of a %s with %j is %s: a HEAD ends, as it has nothing to stream', (method, shape, query, verb) => {
  const call = { method, query: new URLSearchParams(query) } as Call;
  expect(verbOf({ pattern: '', kind, shape }, call)).toBe(verb);
});
