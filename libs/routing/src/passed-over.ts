/** Every reason for which `decide` passes a candidate over. Read by people: in logs, spans, headers and explanations. */
export const passedOverReasons = [
  /** The table has no such backend, or none of its key pool. */
  'BackendMissing',
  'PoolMissing',
  /** Weight 0. */
  'Drained',
  /** The breaker blocks it, until `untilMs`. */
  'BreakerOpen',
  /** The breaker is half-open, and its probes are under way. */
  'ProbesTaken',
  /** As many connections to the provider as may be open are in use. */
  'ConnectionLimit',
  /** Every key is at its limit, or probes whether it is back; a request that ends frees one. */
  'KeysSaturated',
  /** Keys rest after a rate limit; the first is back at `untilMs`. */
  'KeysCooling',
  /** The keys' quota is used up; the first is tried again at `untilMs`. */
  'KeysExhausted',
  /** The provider refuses the keys. `untilMs` absent: until they are rotated. */
  'KeysRefused',
  /** No key has a value here. */
  'NoCredential',
  /** The pool has no key for the model, or all of them are drained. */
  'NoKeyForModel',
  /** This request has used each key that is free. */
  'KeysTried',
  /** This request has used the backend. */
  'Tried',
  /** The backend refused this very request (it is too long, or not allowed). */
  'RefusedRequest',
] as const;

export type PassedOverReason = (typeof passedOverReasons)[number];

/** A candidate that could have served by its place, and why it didn't. */
export interface PassedOver {
  /** Key of the Backend entry, also where the table has no such entry. */
  readonly candidate: string;
  readonly reason: PassedOverReason;
  /** When that ends, on the clock of the decision. Absent: not known, or not by itself. */
  readonly untilMs?: number;
}

/** What most decisions carry, so that it costs them nothing. */
export const nothingPassedOver: readonly PassedOver[] = Object.freeze([]);
