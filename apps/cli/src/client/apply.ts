import type { FieldChange } from '#libs/apimachinery';
import type { AdminClient } from './admin-client.js';

/** What became, or with a dry run would become, of one document. */
export interface AppliedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly result: 'created' | 'configured' | 'unchanged';
  readonly changes: readonly FieldChange[];
  /** With a dry run: what its conditions would be. */
  readonly conditions?: readonly AppliedCondition[];
}

interface AppliedCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface ApplyAnswer {
  readonly revision: number;
  readonly objects: readonly AppliedObject[];
}

/** All documents in one transaction; with `dryRun` everything but the commit. Throws a ServerError. */
export function postApply(
  client: AdminClient,
  manifests: string,
  options: { dryRun: boolean; namespace: string },
): Promise<ApplyAnswer> {
  return client.json<ApplyAnswer>({
    method: 'POST',
    path: '/apply',
    query: { namespace: options.namespace, dryRun: options.dryRun ? 'All' : undefined },
    contentType: 'application/yaml',
    body: manifests,
  });
}
