/**
 * What a check has to say about an object. Concerns return findings; conditions.ts alone makes conditions of them. A finding
 * with a reason makes its condition False; one without is a note in the message of a condition that may still be True.
 */
export type Finding = AcceptedFinding | ReferenceFinding;

interface AcceptedFinding {
  readonly type: 'Accepted';
  readonly reason?: AcceptedReason;
  /** A sentence for people, without its full stop: who won, what is lost, what is missing. */
  readonly message: string;
}

interface ReferenceFinding {
  readonly type: 'ResolvedRefs';
  readonly reason?: ReferenceReason;
  readonly message: string;
}

/** In the order in which one of several becomes the condition's reason. */
export const acceptedReasons = ['UnsafeAddress', 'Invalid', 'Conflicted'] as const;
export type AcceptedReason = (typeof acceptedReasons)[number];

export const referenceReasons = ['BackendNotFound', 'SecretNotFound', 'ModelNotServed'] as const;
export type ReferenceReason = (typeof referenceReasons)[number];
