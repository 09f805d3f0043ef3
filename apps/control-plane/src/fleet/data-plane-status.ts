import type { ApiObject } from '#libs/apimachinery';
import type { DataPlaneStatus } from '#libs/resources';
import type { DataPlaneState } from './connected-data-planes.js';

export function statusOf(object: ApiObject | undefined): Partial<DataPlaneStatus> {
  return (object?.status ?? {}) as Partial<DataPlaneStatus>;
}

/**
 * A data plane that connects counts for `Programmed` once it has answered a publication, or after this time: the first
 * table of a big configuration takes a while, and until then every object of it would be rewritten twice.
 */
export const JOINS_WITHIN_MS = 10_000;

/** Who writes, and when. */
export interface WrittenBy {
  /** This replica's name. */
  readonly self: string;
  readonly nowMs: number;
}

/**
 * The status that this replica has to write over the stored one; undefined: none. The end of a connection is only
 * written by the replica that held the last one: by then the data plane may be connected to another.
 */
export function nextStatus(
  stored: Partial<DataPlaneStatus>,
  state: DataPlaneState,
  { self, nowMs }: WrittenBy,
): DataPlaneStatus | undefined {
  const { hello, connected, rejected, unresolvedCredentials, snapshotFailure } = state;
  if (!connected && (stored.connectedTo !== self || stored.uid !== hello.uid)) return undefined;
  return {
    uid: hello.uid,
    connected,
    ...(isJoining(stored, state, nowMs) && { joining: true }),
    connectedTo: self,
    software: hello.software,
    revision: servedRevision(stored, state),
    version: state.served?.version ?? hello.version ?? '',
    ...(rejected && { rejected }),
    ...(unresolvedCredentials.length > 0 && { unresolvedCredentials: [...unresolvedCredentials] }),
    ...(snapshotFailure && { snapshotFailure }),
  };
}

function isJoining(stored: Partial<DataPlaneStatus>, state: DataPlaneState, nowMs: number): boolean {
  const { hello, connected, sinceMs, served, rejected } = state;
  if (!connected || served || rejected || nowMs - sinceMs >= JOINS_WITHIN_MS) return false;
  // One whose connection broke, and that still serves what it counted with, goes on counting.
  const counted = stored.connected && !stored.joining && stored.uid === hello.uid;
  return !(counted && servedRevision(stored, state) >= (stored.revision ?? 0));
}

/** Until it acknowledges something here, what it said when it came; the same table serves what it served before. */
function servedRevision(stored: Partial<DataPlaneStatus>, { hello, served }: DataPlaneState): number {
  if (served) return served.revision;
  const isSame = stored.uid === hello.uid && hello.version !== undefined && stored.version === hello.version;
  return Math.max(hello.revision ?? 0, isSame ? (stored.revision ?? 0) : 0);
}
