import type { ApiObject } from '#libs/apimachinery';
import type { DataPlaneStatus } from '#libs/resources';
import type { DataPlaneState } from './connected-data-planes.js';

export function statusOf(object: ApiObject | undefined): Partial<DataPlaneStatus> {
  return (object?.status ?? {}) as Partial<DataPlaneStatus>;
}

/**
 * The status that this replica, `self`, has to write over the stored one; undefined: none. The end of a connection is only
 * written by the replica that held the last one: by then the data plane may be connected to another.
 */
export function nextStatus(
  stored: Partial<DataPlaneStatus>,
  { hello, connected, served, rejected, unresolvedCredentials }: DataPlaneState,
  self: string,
): DataPlaneStatus | undefined {
  if (!connected && (stored.connectedTo !== self || stored.uid !== hello.uid)) return undefined;
  return {
    uid: hello.uid,
    connected,
    connectedTo: self,
    software: hello.software,
    // Until it acknowledges something here, what it said when it came.
    revision: served?.revision ?? hello.revision ?? 0,
    version: served?.version ?? hello.version ?? '',
    ...(rejected && { rejected }),
    ...(unresolvedCredentials.length > 0 && { unresolvedCredentials: [...unresolvedCredentials] }),
  };
}
