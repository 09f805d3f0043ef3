import type { Entry } from '#libs/routing-table';
import type { ClaimSpace, Claims, Facts, FactSpace } from './spaces.js';
import type { Finding } from '../conditions/finding.js';

/** What a concern may look at. Only this way does it learn of anything: what it looked at decides when it runs again. */
export interface Look {
  fact<Space extends FactSpace>(space: Space, key: string): Facts[Space] | undefined;
  /** In no order. */
  claims<Space extends ClaimSpace>(space: Space, key: string): readonly Claims[Space][];
}

/** What a concern makes of one key. */
export interface Output {
  readonly facts?: readonly Fact[];
  readonly claims?: readonly Claim[];
  readonly entries?: readonly Entry[];
  /** On the one object that this is about. */
  readonly report?: Report;
}
export type Fact = {
  [Space in FactSpace]: { readonly space: Space; readonly key: string; readonly value: Facts[Space] };
}[FactSpace];
export type Claim = {
  [Space in ClaimSpace]: { readonly space: Space; readonly key: string; readonly value: Claims[Space] };
}[ClaimSpace];

/** Findings, of which conditions are made where somebody asks for them: most objects have none. */
export interface Report {
  /** See `objectId`. */
  readonly id: string;
  readonly kind: string;
  /** `<namespace>/<name>` */
  readonly key: string;
  readonly generation: number;
  readonly findings: readonly Finding[];
}

/**
 * One step of compile, run for each key of its source that has a fact or a claim. It is a pure function of what it looks
 * at, and looks only at what earlier concerns say. An entry and an object's conditions come from one concern and one key.
 */
export interface Concern {
  readonly name: string;
  readonly source: FactSpace | ClaimSpace;
  compile(key: string, look: Look): Output;
}

/** For each fact of a space. */
export function forEachFact<Space extends FactSpace>(
  name: string,
  source: Space,
  compile: (fact: Facts[Space], look: Look, key: string) => Output,
): Concern {
  return { name, source, compile: (key, look) => compile(look.fact(source, key)!, look, key) };
}

/** For each key of a space that somebody claims. */
export function forEachClaimed<Space extends ClaimSpace>(
  name: string,
  source: Space,
  compile: (claims: readonly Claims[Space][], look: Look, key: string) => Output,
): Concern {
  return { name, source, compile: (key, look) => compile(look.claims(source, key), look, key) };
}
