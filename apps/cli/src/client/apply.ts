import type { FieldChange } from '#libs/apimachinery';
import type { JoinedManifests } from '../joined-manifests.js';
import type { AdminClient } from './admin-client.js';
import { ServerError } from './server-error.js';

/** What became, or with a dry run would become, of one document. */
export interface AppliedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly result: 'created' | 'configured' | 'unchanged';
  readonly changes: readonly FieldChange[];
  readonly generation?: number;
  /** `document 3, line 12`. */
  readonly place?: string;
  readonly warnings?: readonly string[];
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

/** All documents in one transaction; with `dryRun` everything but the commit. Throws a ServerError that names files. */
export async function postApply(
  client: AdminClient,
  manifests: JoinedManifests,
  options: { dryRun: boolean; namespace: string },
): Promise<ApplyAnswer> {
  try {
    return await client.json<ApplyAnswer>({
      method: 'POST',
      path: '/apply',
      query: { namespace: options.namespace, dryRun: options.dryRun ? 'All' : undefined },
      contentType: 'application/yaml',
      body: manifests.text,
      warningsInBody: true,
    });
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    throw error.reworded((text) => manifests.located(text), hintsFor(error, options));
  }
}

function hintsFor({ statusCode, reason }: ServerError, { dryRun }: { dryRun: boolean }): readonly string[] {
  if (statusCode === 409 && reason === 'Conflict') {
    return [
      'Read it again (`signalbox get KIND NAME -o yaml`) and put your change in there, or take resourceVersion and uid out of',
      'metadata to apply the manifest whatever the state is.',
    ];
  }
  if (statusCode === 403 && dryRun) {
    return [
      'diff and --dry-run ask the server for a whole apply but its last step, which needs the rights of an editor.',
    ];
  }
  return [];
}

/** What the server warned of, each with its place in the files. */
export function warningsIn(answer: ApplyAnswer, manifests: JoinedManifests): string[] {
  return answer.objects.flatMap(({ place, warnings }) =>
    (warnings ?? []).map((text) => (place === undefined ? text : `${manifests.located(place)}: ${text}`)),
  );
}
