import type { ApiObject } from '#libs/apimachinery';
import type { Entry } from '#libs/routing-table';
import { accept } from './concerns/accept.js';
import type { Concern, Fact, Look, Output, Report } from './concerns/concern.js';
import { type CredentialFact, credentialFacts } from './concerns/credential-facts.js';
import { byKindAndKey, compareText } from './concerns/entry.js';
import { concerns } from './concerns/index.js';
import { conditionsOf } from './conditions/conditions.js';
import type { Verdict } from './conditions/verdict.js';

export interface CompileInput {
  /** Objects of every kind, in any order. They are not changed. */
  readonly objects: readonly ApiObject[];
  /** Entries of Secrets by credential id; absent: there is no such Secret or entry. Values never come here. */
  readonly credentials: ReadonlyMap<string, CredentialFact>;
}

export interface CompileOutput {
  /** Sorted by kind and key. Equal objects give equal entries, whatever their order. */
  readonly entries: readonly Entry[];
  /** By the object's uid (see `objectId`), for the kinds that are compiled. */
  readonly conditions: ReadonlyMap<string, readonly Verdict[]>;
}

/**
 * Resources in, routing table and conditions out. Pure: the same objects give the same bytes and the same words, in any
 * order and on any replica. Never throws for what an object holds: a bad one is told so and leaves the others alone.
 *
 * It computes everything, and remembers nothing: what `IncrementalCompiler` comes to by changes must be equal.
 */
export function compile(input: CompileInput, steps: readonly Concern[] = concerns): CompileOutput {
  const whole = new Whole();
  for (const object of input.objects) {
    const fact = accept(object);
    if (fact !== undefined) whole.state(fact);
  }
  for (const [id, credential] of input.credentials)
    credentialFacts(id, credential).forEach((fact) => whole.state(fact));
  for (const concern of steps) {
    for (const key of whole.keys(concern.source)) whole.take(concern.compile(key, whole));
  }
  whole.reports.sort((left, right) => compareText(left.kind, right.kind) || compareText(left.key, right.key));
  return {
    entries: whole.entries.sort(byKindAndKey),
    conditions: new Map(whole.reports.map((report) => [report.id, conditionsOf(report)])),
  };
}

/** All that was said so far. */
class Whole implements Look {
  readonly entries: Entry[] = [];
  readonly reports: Report[] = [];
  private readonly spaces = new Map<string, Map<string, unknown>>();

  fact: Look['fact'] = (space, key) => this.space(space).get(key) as never;
  claims: Look['claims'] = (space, key) => (this.space(space).get(key) ?? []) as never;

  keys(space: string): string[] {
    return [...this.space(space).keys()];
  }

  state({ space, key, value }: Fact): void {
    this.space(space).set(key, value);
  }

  take({ facts = [], claims = [], entries = [], report }: Output): void {
    for (const fact of facts) this.state(fact);
    // One who wants a thing twice wants it once.
    const wanted = new Map(claims.map((claim) => [`${claim.space} ${claim.key}`, claim]));
    for (const { space, key, value } of wanted.values()) {
      const others = this.space(space).get(key) as unknown[] | undefined;
      if (others === undefined) this.space(space).set(key, [value]);
      else others.push(value);
    }
    this.entries.push(...entries);
    if (report) this.reports.push(report);
  }

  private space(name: string): Map<string, unknown> {
    let space = this.spaces.get(name);
    if (space === undefined) this.spaces.set(name, (space = new Map<string, unknown>()));
    return space;
  }
}
