import { badRequest, didYouMean, isMap } from '#libs/apimachinery';
import { readBody } from './body.js';
import type { Call } from './call.js';
import { bodyFormat } from './media-type.js';
import { checkParameters, dryRunOf } from './query.js';

/** What a DELETE asks for beside the address. */
export interface DeleteOptions {
  readonly dryRun: boolean;
  /** Preconditions: the object must have these. */
  readonly uid?: string;
  readonly resourceVersion?: string;
}

const preconditions = ['uid', 'resourceVersion'];
/** All of meta/v1 DeleteOptions; what isn't read below changes nothing here. */
const known = [
  'apiVersion',
  'kind',
  'dryRun',
  'gracePeriodSeconds',
  'ignoreStoreReadErrorWithClusterBreakingPotential',
  'orphanDependents',
  'preconditions',
  'propagationPolicy',
];
const propagationPolicies: readonly unknown[] = [undefined, null, 'Background', 'Foreground', 'Orphan'];

/**
 * From the query and from the body (meta/v1 DeleteOptions), where kubectl puts them. A safeguard that can't be read is
 * refused and never left out: a misspelt dry run must not delete. Propagation changes nothing here, as nothing has owners.
 * Throws a 400.
 */
export function deleteOptionsOf(call: Call): DeleteOptions {
  checkQuery(call.query);
  const dryRun = dryRunOf(call.query);
  if (call.body.length === 0) return { dryRun };
  const body = readBody(call.body, bodyFormat(call.headers['content-type'] as string | undefined));
  if (!isMap(body)) throw badRequest('the body of a DELETE must be DeleteOptions');
  refuseUnknown(body, known, '');
  if (!propagationPolicies.includes(body.propagationPolicy)) {
    throw badRequest('propagationPolicy: must be Background, Foreground or Orphan');
  }
  return { dryRun: dryRunIn(body.dryRun) || dryRun, ...preconditionsIn(body.preconditions) };
}

/** What clients may put into the query of a DELETE: ListOptions and DeleteOptions. Preconditions can stand in the body alone. */
const parameters = [
  ...known.filter((name) => name !== 'preconditions'),
  'allowWatchBookmarks',
  'continue',
  'fieldManager',
  'fieldSelector',
  'fieldValidation',
  'includeObject',
  'labelSelector',
  'limit',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'timeoutSeconds',
  'watch',
];

/** A page can't be asked for, as all that match are deleted at once. */
function checkQuery(query: URLSearchParams): void {
  checkParameters(query, parameters, 'a DELETE');
  for (const name of ['limit', 'continue']) {
    if (query.get(name))
      throw badRequest(`${name}: a collection is deleted whole; leave it out, or narrow it by a selector`);
  }
}

function dryRunIn(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (!Array.isArray(value)) throw badRequest('dryRun: must be a list, ["All"]');
  if (value.some((entry) => entry !== 'All')) throw badRequest('dryRun: the only value is All');
  return value.length > 0;
}

function preconditionsIn(value: unknown): Pick<DeleteOptions, 'uid' | 'resourceVersion'> {
  if (value === undefined || value === null) return {};
  if (!isMap(value)) throw badRequest('preconditions: must be an object with uid, resourceVersion or both');
  refuseUnknown(value, preconditions, 'preconditions.');
  return { ...textIn(value, 'uid'), ...textIn(value, 'resourceVersion') };
}

/** Throws a 400: "dryrun" is a misspelt safeguard, too. */
function refuseUnknown(value: Readonly<Record<string, unknown>>, names: readonly string[], path: string): void {
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const shown = unknown.slice(0, 80);
  throw badRequest(`${path}${shown}: unknown field${didYouMean(shown, names) || `; known here: ${names.join(', ')}`}`);
}

function textIn<Name extends 'uid' | 'resourceVersion'>(
  given: Readonly<Record<string, unknown>>,
  name: Name,
): { [Key in Name]?: string } {
  const value = given[name];
  if (value === undefined || value === null) return {};
  if (typeof value !== 'string') throw badRequest(`preconditions.${name}: must be a string`);
  return { [name]: value } as { [Key in Name]?: string };
}
