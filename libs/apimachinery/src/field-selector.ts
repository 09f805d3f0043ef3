import { MAX_REQUIREMENTS } from './label-selector.js';
import { badRequest } from './status.js';

export interface FieldSelector {
  readonly empty: boolean;
  /** The one name that can match, if the selector pins it: a watch or list of one object. */
  readonly name?: string;
  matches(metadata: { readonly name: string; readonly namespace?: string }): boolean;
}

/** `metadata.name` and `metadata.namespace` with `=`, `==` and `!=`, joined by commas that mean "and". Throws a 400. */
export function parseFieldSelector(text: string): FieldSelector {
  const texts = text
    .split(',')
    .map((term) => term.trim())
    .filter((term) => term !== '');
  if (texts.length > MAX_REQUIREMENTS) throw badRequest(`fieldSelector: has more than ${MAX_REQUIREMENTS} terms`);
  const terms = texts.map(parseTerm);
  const pinned = terms.find((term) => term.field === 'name' && !term.negated);
  return {
    empty: terms.length === 0,
    ...(pinned && { name: pinned.value }),
    matches: (metadata) => terms.every((term) => ((metadata[term.field] ?? '') === term.value) !== term.negated),
  };
}

/** Twice the longest name and its field: the pattern, which goes back over blanks, meets no more than this. */
const maxTermLength = 600;

function parseTerm(term: string): { field: 'name' | 'namespace'; value: string; negated: boolean } {
  const match = term.length <= maxTermLength ? /^([A-Za-z.]+)\s*(==|!=|=)\s*(.*)$/.exec(term) : null;
  if (!match) throw badRequest(`fieldSelector ${JSON.stringify(term.slice(0, 200))} can't be parsed: use field=value`);
  const [, path, operator, value] = match;
  if (path !== 'metadata.name' && path !== 'metadata.namespace') {
    throw badRequest(`field label not supported: ${path}; use metadata.name or metadata.namespace`);
  }
  return { field: path === 'metadata.name' ? 'name' : 'namespace', value: value!, negated: operator === '!=' };
}
