import type { ErrorClass } from '#libs/inference';
import type { RestCause } from '#libs/routing';

/** Something about a backend or a key changed that people want to know of. It names things; no value of a key is in it. */
export type StateEvent = BreakerEvent | KeyEvent;

export type BreakerEvent =
  | {
      readonly type: 'BreakerOpened';
      readonly breaker: string;
      readonly cause: FailureCause;
      /** Openings since it was last closed, this one included. */
      readonly openings: number;
      readonly untilMs: number;
    }
  | { readonly type: 'BreakerProbes'; readonly breaker: string }
  | { readonly type: 'BreakerClosed'; readonly breaker: string; readonly by: 'Probes' | 'Operator' };

export type KeyEvent =
  | {
      readonly type: 'KeyRests';
      readonly key: KeyIdentity;
      readonly cause: RestCause;
      /** The provider's own word for it; empty: none. */
      readonly code: string;
      /** Infinity: until it is rotated. */
      readonly untilMs: number;
    }
  | {
      readonly type: 'KeyBack';
      readonly key: KeyIdentity;
      /** Why it rested. */
      readonly cause: RestCause;
      /** `Time`: its pause is over; after `QuotaExhausted` it is on trial. `Success`: it has passed. */
      readonly by: 'Time' | 'Success' | 'Rotation' | 'Operator';
    };

/** The failure that opened a breaker. */
export interface FailureCause {
  readonly errorClass: ErrorClass | '';
  /** The provider's own code, or the transport's failure; empty: none. */
  readonly code: string;
}

export interface KeyIdentity {
  /** Id of the credential; its value is nowhere. */
  readonly credential: string;
  /** `<namespace>/<pool>` and name of a key that uses it. */
  readonly pool: string;
  readonly name: string;
  /** Absent: all models. */
  readonly model?: string;
}

/** Doesn't throw, and changes no state. */
export type StateListener = (event: StateEvent) => void;
