import type { RuleMatch } from '#libs/routing-table';
import type { PreparedRoute, PreparedRule } from './prepared-route.js';

/** What rules can look at. */
export interface MatchFacts {
  /** By lower-case name, as node:http gives them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The first rule that matches; undefined: none, which is an error of the request, never a fall-through. */
export function matchRule(route: PreparedRoute, facts: MatchFacts): PreparedRule | undefined {
  for (const prepared of route.rules) {
    const { matches } = prepared.rule;
    if (matches === undefined || matches.some((match) => holds(match, facts))) return prepared;
  }
  return undefined;
}

function holds(match: RuleMatch, facts: MatchFacts): boolean {
  if (match.headers === undefined) return true;
  for (const { name, value } of match.headers) {
    // A name that every object inherits ("constructor") is not a header that was sent.
    if (!Object.hasOwn(facts.headers, name) || facts.headers[name] !== value) return false;
  }
  return true;
}
