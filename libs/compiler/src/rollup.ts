import type { Verdict } from './conditions/verdict.js';
import type { CredentialNeed } from './credential-needs.js';
import type { ConnectedDataPlane, Fleet } from './fleet.js';
import { unmetNeeds } from './unmet-needs.js';

export interface RollupInput {
  /** What compile said about the object. */
  readonly compiled: readonly Verdict[];
  /** The revision of the first compile that read the object's generation; undefined: none has yet. */
  readonly compiledRevision: number | undefined;
  readonly fleet: Fleet;
  /** See `credentialNeeds`; may be left out while every data plane can use every credential. */
  readonly needs?: readonly CredentialNeed[];
}

/** What a check found: why its condition isn't True. undefined: nothing. */
type Problem = Pick<Verdict, 'reason' | 'message'> & { readonly status: 'False' | 'Unknown' };
type Check<Input> = (input: Input) => Problem | undefined;

/** The one reason of ResolvedRefs that follows from data planes and not from resources. */
export const credentialReason = 'CredentialNotResolved';

/**
 * compile's conditions with `Programmed` (does the fleet serve it?) and `Ready` (the summary) added. Says no counts and
 * names no data plane that merely lags: those are in the DataPlane objects, and would rewrite every resource each time.
 */
export function rollup(input: RollupInput): Verdict[] {
  const observedGeneration = input.compiled[0]?.observedGeneration ?? 0;
  const programmed: Verdict = {
    type: 'Programmed',
    ...(firstProblem(programmedChecks, input) ?? programmedByAll),
    observedGeneration,
  };
  const all = [...input.compiled.map((verdict) => withCredentials(verdict, input)), programmed];
  return [...all, { type: 'Ready', ...(firstProblem(readyChecks, all) ?? ready), observedGeneration }];
}

/** Compile can't know what a data plane can read. What compile found keeps its reason: it stands first. */
function withCredentials(verdict: Verdict, { needs = [], fleet }: RollupInput): Verdict {
  if (verdict.type !== 'ResolvedRefs' || verdict.status === 'Unknown') return verdict;
  const unmet = unmetNeeds(needs, fleet.connected);
  if (unmet === undefined) return verdict;
  if (verdict.status === 'False') return { ...verdict, message: `${verdict.message} ${unmet}` };
  return { ...verdict, status: 'False', reason: credentialReason, message: unmet };
}

function firstProblem<Input>(checks: readonly Check<Input>[], input: Input): Problem | undefined {
  for (const check of checks) {
    const problem = check(input);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const programmedByAll = {
  status: 'True',
  reason: 'Programmed',
  message: 'Every connected data plane serves this generation.',
} as const;

const programmedChecks: readonly Check<RollupInput>[] = [
  isNotAccepted,
  isNotCompiled,
  hasNoDataPlanes,
  isRejected,
  isPending,
];

function isNotAccepted({ compiled }: RollupInput): Problem | undefined {
  const accepted = compiled.find(({ type }) => type === 'Accepted');
  if (accepted?.status !== 'False') return undefined;
  // A consumer with one key taken by another is served with the others, yet asked to be looked at.
  return {
    status: 'False',
    reason: 'NotAccepted',
    message: 'The object is not accepted as it is written; see Accepted.',
  };
}

function isNotCompiled({ compiledRevision }: RollupInput): Problem | undefined {
  if (compiledRevision !== undefined) return undefined;
  return { status: 'False', reason: 'Pending', message: 'This generation has not been compiled yet.' };
}

function hasNoDataPlanes({ fleet }: RollupInput): Problem | undefined {
  if (fleet.connected.length > 0) return undefined;
  return { status: 'False', reason: 'NoDataPlanes', message: 'No data plane that serves a table is connected.' };
}

function isRejected({ compiledRevision, fleet }: RollupInput): Problem | undefined {
  const refusing = lagging(compiledRevision!, fleet)
    .filter(({ rejected }) => rejected !== undefined && rejected.revision >= compiledRevision!)
    .sort((left, right) => (left.name < right.name ? -1 : 1))[0];
  if (refusing === undefined) return undefined;
  return {
    status: 'False',
    reason: 'Rejected',
    message: `DataPlane ${refusing.name} refused the routing table and keeps the one before: ${refusing.rejected!.reason}.`,
  };
}

function isPending({ compiledRevision, fleet }: RollupInput): Problem | undefined {
  if (lagging(compiledRevision!, fleet).length === 0) return undefined;
  return {
    status: 'False',
    reason: 'Pending',
    message: 'Not every connected data plane serves this generation yet; see the DataPlane objects.',
  };
}

function lagging(compiledRevision: number, { connected }: Fleet): ConnectedDataPlane[] {
  return connected.filter(({ acknowledgedRevision }) => acknowledgedRevision < compiledRevision);
}

const ready = {
  status: 'True',
  reason: 'Ready',
  message: 'Every connected data plane serves this generation as it is written.',
} as const;

/** In the order in which an author would fix them. */
const readyChecks: readonly Check<readonly Verdict[]>[] = ['Accepted', 'ResolvedRefs', 'Programmed'].map(
  (type) => (conditions) => {
    const condition = conditions.find((other) => other.type === type);
    if (condition === undefined || condition.status === 'True') return undefined;
    return { status: 'False', reason: condition.reason, message: condition.message };
  },
);
