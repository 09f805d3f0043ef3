import type { Call } from './call.js';
import { deleteOptionsOf } from './delete-options.js';

const optionsOf = (body: unknown, query = '') =>
  deleteOptionsOf({
    query: new URLSearchParams(query),
    headers: {},
    body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
  } as unknown as Call);

test.each<[unknown, string, object]>([
  [undefined, '', { dryRun: false }],
  [undefined, 'dryRun=All', { dryRun: true }],
  [{ kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' }, '', { dryRun: false }],
  [{ dryRun: ['All'] }, '', { dryRun: true }],
  [{ dryRun: [] }, 'dryRun=All', { dryRun: true }],
  [{ dryRun: null, preconditions: null, propagationPolicy: null }, '', { dryRun: false }],
  [
    undefined,
    'labelSelector=a%3Db&fieldSelector=&limit=&timeout=32s&propagationPolicy=Background&pretty=true',
    { dryRun: false },
  ],
  [{ preconditions: { uid: 'u', resourceVersion: '7' } }, '', { dryRun: false, uid: 'u', resourceVersion: '7' }],
])('%j and %j', (body, query, expected) => expect(optionsOf(body, query)).toEqual(expected));

test.each<[unknown, string]>([
  [[], 'DeleteOptions'],
  [{ dryRun: 'All' }, 'dryRun'],
  [{ dryRun: true }, 'dryRun'],
  [{ dryRun: ['all'] }, 'dryRun'],
  [{ preconditions: 'u' }, 'preconditions'],
  [{ preconditions: { uid: 7 } }, 'preconditions.uid'],
  [{ preconditions: { resourceVersion: 7 } }, 'preconditions.resourceVersion'],
  [{ propagationPolicy: 'Nope' }, 'propagationPolicy'],
  [{ dryrun: ['All'] }, 'dryrun: unknown field; did you mean "dryRun"?'],
  [{ preconditions: { resourceversion: '7' } }, 'preconditions.resourceversion'],
])('refuses %j instead of deleting without it', (body, named) => {
  expect(() => optionsOf(body)).toThrow(
    expect.objectContaining({ code: 400, message: expect.stringContaining(named) }),
  );
});

test.each([
  ['labelselector=a%3Db', 'labelselector: a DELETE has no such query parameter; did you mean "labelSelector"?'],
  ['dryrun=All', 'dryrun: a DELETE has no such query parameter; did you mean "dryRun"?'],
  ['selector=a%3Db', 'selector: a DELETE has no such query parameter'],
  ['preconditions=u', 'preconditions: a DELETE has no such query parameter'],
  ['uid=u', 'uid: a DELETE has no such query parameter'],
  ['labelSelector=a&labelSelector=b', 'labelSelector: the query has it more than once'],
  ['limit=1', 'limit: a collection is deleted whole'],
  ['continue=x', 'continue: a collection is deleted whole'],
])('refuses ?%s instead of deleting more than was meant', (query, message) => {
  expect(() => optionsOf(undefined, query)).toThrow(
    expect.objectContaining({ code: 400, message: expect.stringContaining(message) }),
  );
});
