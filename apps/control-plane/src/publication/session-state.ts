import type { Position } from '../fleet/connection-listener.js';

type PublicationType = 'full' | 'delta' | 'bookmark';
export interface InFlight extends Position {
  readonly type: PublicationType;
  readonly nonce: number;
}

/**
 * What the control plane knows of one data plane on one connection. One publication is in flight at most; what is
 * compiled meanwhile is found when it is answered, so however many there were, the newest alone is sent.
 */
export interface SessionState {
  /** What the data plane serves, as far as it has told; undefined: nothing. */
  readonly served?: Position;
  readonly inFlight?: InFlight;
  /** A full table that it refused. The same is not sent twice on this connection, at whichever revision. */
  readonly rejected?: Position & { readonly reason: string };
  /** It could not use a delta or bookmark: the next publication is full. */
  readonly needsFull: boolean;
  readonly lastNonce: number;
}

export function greeted(served: Position | undefined): SessionState {
  return { served, needsFull: false, lastNonce: 0 };
}

/** What to send now; undefined: nothing. `hasDelta` tells whether a way from that version to the current one is known. */
export function nextPublication(
  state: SessionState,
  current: Position,
  hasDelta: (version: string) => boolean,
): InFlight | undefined {
  const { served, inFlight, rejected, needsFull, lastNonce } = state;
  if (inFlight || current.version === '') return undefined;
  const isServed = !needsFull && served?.version === current.version;
  if (isServed && served.revision >= current.revision) return undefined;
  if (rejected?.version === current.version) return undefined;
  const type = isServed ? 'bookmark' : !needsFull && served && hasDelta(served.version) ? 'delta' : 'full';
  return { type, nonce: lastNonce + 1, ...current };
}

/** What it refused is the table of a later revision, too: it would refuse that, and so has. */
export function refusedStill(state: SessionState, current: Position): SessionState {
  const { rejected } = state;
  if (rejected?.version !== current.version || rejected.revision >= current.revision) return state;
  return { ...state, rejected: { ...rejected, revision: current.revision } };
}

export function sent(state: SessionState, inFlight: InFlight): SessionState {
  return { ...state, inFlight, lastNonce: inFlight.nonce };
}

/** An answer to anything but the publication in flight is stale and changes nothing. */
export function acknowledged(state: SessionState, nonce: number): SessionState {
  const { inFlight, lastNonce } = state;
  if (inFlight?.nonce !== nonce) return state;
  return { served: { version: inFlight.version, revision: inFlight.revision }, needsFull: false, lastNonce };
}

/** A refused delta or bookmark is followed by the full table; a refused full one by the next table that differs. */
export function refused(state: SessionState, nonce: number, reason: string): SessionState {
  const { served, inFlight, lastNonce } = state;
  if (inFlight?.nonce !== nonce) return state;
  const { type, version, revision } = inFlight;
  const rejected = type === 'full' ? { version, revision, reason } : state.rejected;
  return { served, rejected, needsFull: true, lastNonce };
}
