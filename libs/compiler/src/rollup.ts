import type { Verdict } from './compile-types.js';

/** A data plane that is connected to some replica of the control plane. */
export interface ConnectedDataPlane {
  readonly name: string;
  /** The last revision that it acknowledged; 0: none yet. */
  readonly acknowledgedRevision: number;
  /** The last publication that it refused, if it acknowledged none since. */
  readonly rejected?: { readonly revision: number; readonly reason: string };
}

export interface Fleet {
  /** Those that have just connected and not answered their first publication yet left out: they would rewrite every resource twice. */
  readonly connected: readonly ConnectedDataPlane[];
}

export interface RollupInput {
  /** What compile said about the object. */
  readonly compiled: readonly Verdict[];
  /** The revision of the first compile that read the object's generation; undefined: none has yet. */
  readonly compiledRevision: number | undefined;
  readonly fleet: Fleet;
}

/** What a check found: why its condition isn't True. undefined: nothing. */
type Problem = Pick<Verdict, 'reason' | 'message'> & { readonly status: 'False' | 'Unknown' };
type Check<Input> = (input: Input) => Problem | undefined;

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
  const all = [...input.compiled, programmed];
  return [...all, { type: 'Ready', ...(firstProblem(readyChecks, all) ?? ready), observedGeneration }];
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

/** In the order in which an author would mend them. */
const readyChecks: readonly Check<readonly Verdict[]>[] = ['Accepted', 'ResolvedRefs', 'Programmed'].map(
  (type) => (conditions) => {
    const condition = conditions.find((other) => other.type === type);
    if (condition === undefined || condition.status === 'True') return undefined;
    return { status: 'False', reason: condition.reason, message: condition.message };
  },
);
