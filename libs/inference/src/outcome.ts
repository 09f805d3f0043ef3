/**
 * What an attempt came to. One classification, made once by the provider's profile, is read by retry, breaker, cooldown,
 * metrics, traces and audit alike, so that they can't disagree about what happened.
 */
export const errorClasses = [
  'Network',
  'Timeout',
  'RateLimited',
  'Overloaded',
  'ServerError',
  'Auth',
  'QuotaExhausted',
  'InvalidRequest',
  'ContextLength',
  'ContentFiltered',
  'ContentError',
  'Cancelled',
] as const;

export type ErrorClass = (typeof errorClasses)[number];

/** How far the attempt got: decides whether trying again can be seen by the client or paid for twice. */
export type Progress = 'NotSent' | 'Sent' | 'Headers' | 'Committed';

/** An upstream's answer, reduced to what classification needs. `body` is a bounded prefix. */
export interface UpstreamResult {
  /** HTTP status; 0 when no response line arrived. */
  readonly status: number;
  /** Lower-case header names. */
  readonly headers: Readonly<Record<string, string>>;
  /** At most 64 KiB, decoded. */
  readonly body: string;
  /** Set when the transport failed or a deadline passed. */
  readonly failure?: TransportFailure;
}

export type TransportFailure =
  | 'ConnectTimeout'
  | 'FirstByteTimeout'
  | 'FirstTokenTimeout'
  | 'StreamIdleTimeout'
  | 'AttemptTimeout'
  | 'RequestTimeout'
  | 'ConnectionRefused'
  /** Never sent: this process has no socket, port or buffer left. It tells nothing of the upstream. */
  | 'OutOfSockets'
  | 'ConnectionReset'
  | 'NameNotFound'
  | 'TlsError'
  | 'AddressRefused'
  | 'IncompleteBody'
  | 'BodyTooLarge'
  | 'Protocol'
  | 'Aborted';

/** An attempt's outcome. `class` is absent on success. */
export interface Outcome {
  readonly ok: boolean;
  readonly class?: ErrorClass;
  /** HTTP status seen, 0 for none. */
  readonly status: number;
  /** The provider's own code or type, for people; never a secret. */
  readonly code?: string;
  /** The field of the request that the provider names; never a secret. */
  readonly param?: string;
  /** One bounded line for people; never a secret. */
  readonly message?: string;
  /** What of the key a refusal or a limit speaks of, where it isn't what the class usually does: the one model, or all. */
  readonly about?: 'Model' | 'Key';
  /** Milliseconds the upstream asked us to wait, already parsed and clamped. */
  readonly retryAfterMs?: number;
}
