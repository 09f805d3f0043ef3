import {
  badRequest,
  didYouMean,
  fieldValidations,
  includeObjects,
  type FieldValidation,
  type IncludeObject,
} from '#libs/apimachinery';

/** What requests that create or change something may have in their query. */
export const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force', 'includeObject'];
/** Clients add these to whatever they ask for. */
const everywhere = ['pretty', 'timeout'];

/**
 * For whatever changes something: a misspelt dry run, selector or namespace must not do more than was meant, nor one of two
 * selectors. `what` names the request in the message. Throws a 400.
 */
export function checkParameters(query: URLSearchParams, names: readonly string[], what: string): void {
  const known = [...names, ...everywhere];
  const seen = new Set<string>();
  for (const name of query.keys()) {
    const shown = name.slice(0, 80);
    if (!known.includes(name)) {
      throw badRequest(`${shown}: ${what} has no such query parameter${didYouMean(shown, known) || '; leave it out'}`);
    }
    // A list, in the query of Kubernetes' clients.
    if (seen.has(name) && name !== 'dryRun') throw badRequest(`${name}: the query has it more than once; give it once`);
    seen.add(name);
  }
}

/** Query parameters that several verbs share, each checked: a misspelt value must not do something else in silence. */
export function dryRunOf(query: URLSearchParams): boolean {
  const values = query.getAll('dryRun');
  if (values.some((value) => value !== 'All')) throw badRequest('dryRun: the only value is All');
  return values.length > 0;
}

export function fieldValidationOf(query: URLSearchParams): FieldValidation {
  return choice(query, 'fieldValidation', fieldValidations, 'Strict');
}

export function includeObjectOf(query: URLSearchParams): IncludeObject {
  return choice(query, 'includeObject', includeObjects, 'Metadata');
}

/** An integer from 0 up; `undefined` where the parameter is absent or empty. */
export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^[0-9]{1,15}$/.test(text)) throw badRequest(`${name}: must be an integer from 0 up`);
  return Number(text);
}

export function booleanOf(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (['true', '1'].includes(text)) return true;
  if (['false', '0'].includes(text)) return false;
  throw badRequest(`${name}: must be true or false`);
}

/** `undefined` where it is absent or empty. Decimal, without leading zeros, as every resourceVersion here. */
export function resourceVersionOf(query: URLSearchParams): number | undefined {
  const text = query.get('resourceVersion');
  if (text === null || text === '') return undefined;
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) throw badRequest('resourceVersion: not one of this server');
  return Number(text);
}

function choice<Value extends string>(
  query: URLSearchParams,
  name: string,
  values: readonly Value[],
  fallback: Value,
): Value {
  const text = query.get(name);
  if (text === null || text === '') return fallback;
  const value = values.find((allowed) => allowed === text);
  if (value === undefined) throw badRequest(`${name}: must be one of ${values.join(', ')}`);
  return value;
}
