import type { AdminClient } from './admin-client.js';
import { findKind, resourcePath } from './resource-path.js';

/** What people reset, by the word for it: whose part it is, and what that part is called. */
export const resettable = {
  breaker: { kind: 'provider', part: 'model' },
  cooldown: { kind: 'keypool', part: 'key' },
} as const;
export type Resettable = keyof typeof resettable;

/** What came of it at one data plane, in the control plane's words. */
export interface ResetOutcome {
  readonly name: string;
  readonly result: string;
  readonly message?: string;
}

export interface ResetRequest {
  readonly what: Resettable;
  readonly namespace: string;
  /** Of the Provider or KeyPool. */
  readonly name: string;
  readonly part: string;
  readonly dataPlane?: string;
  readonly dryRun: boolean;
}

export interface ResetAnswer {
  readonly status: { readonly dataPlanes: readonly ResetOutcome[] };
}

export function postReset(client: AdminClient, request: ResetRequest): Promise<ResetAnswer> {
  const { what, namespace, name, part, dataPlane, dryRun } = request;
  const { kind, part: word } = resettable[what];
  return client.json<ResetAnswer>({
    method: 'POST',
    path: `${resourcePath(findKind(kind), namespace, name)}/reset`,
    query: { dryRun: dryRun ? 'All' : undefined },
    body: JSON.stringify({
      apiVersion: 'signalbox.dev/v1',
      kind: 'Reset',
      spec: { [word]: part, ...(dataPlane !== undefined && { dataPlane }) },
    }),
  });
}
