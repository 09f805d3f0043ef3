import { acceptedReasons, type Finding, referenceReasons } from './finding.js';
import type { Verdict } from './verdict.js';

/** A condition is read in a terminal: beyond this many findings it says how many more there are. */
const maxFindings = 10;

const kindsWithReferences: readonly string[] = ['KeyPool', 'RoutePolicy'];

/** Accepted and, for kinds that refer to others, ResolvedRefs. */
export function conditionsOf({
  kind,
  generation,
  findings,
}: {
  readonly kind: string;
  readonly generation: number;
  readonly findings: readonly Finding[];
}): Verdict[] {
  const accepted = judge('Accepted', 'The object is valid', acceptedReasons, findings);
  const conditions = [{ ...accepted, observedGeneration: generation }];
  if (!kindsWithReferences.includes(kind)) return conditions;
  const wasRead = accepted.reason !== 'Invalid' && accepted.reason !== 'UnsafeAddress';
  const references: Omit<Verdict, 'observedGeneration'> = wasRead
    ? judge('ResolvedRefs', 'Every reference was found', referenceReasons, findings)
    : {
        type: 'ResolvedRefs',
        status: 'Unknown',
        reason: 'NotAccepted',
        message: 'Not looked at, as the object is not accepted.',
      };
  return [...conditions, { ...references, observedGeneration: generation }];
}

function judge(
  type: Finding['type'],
  whenTrue: string,
  order: readonly string[],
  findings: readonly Finding[],
): Omit<Verdict, 'observedGeneration'> {
  const ours = findings.filter((finding) => finding.type === type);
  const rank = ({ reason }: Finding): number => (reason === undefined ? order.length : order.indexOf(reason));
  const sorted = [...ours].sort((left, right) => rank(left) - rank(right));
  const reason = sorted[0]?.reason;
  const messages = [...new Set(sorted.map(({ message }) => message))];
  if (reason === undefined) return { type, status: 'True', reason: type, message: sentences([whenTrue, ...messages]) };
  return { type, status: 'False', reason, message: sentences(messages) };
}

export function sentences(messages: readonly string[]): string {
  const shown = messages.slice(0, maxFindings).map((message) => `${message}.`);
  const more = messages.length - shown.length;
  return [...shown, ...(more > 0 ? [`And ${more} more.`] : [])].join(' ');
}
