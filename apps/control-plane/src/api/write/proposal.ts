import { type ApiObject, conflict, type FieldError, type KindDefinition } from '#libs/apimachinery';

/** What a client wants an object to be, before anybody has judged it. */
export interface Proposal {
  readonly object: ApiObject;
  /** What decoding found; reported with whatever else is found. */
  readonly errors: readonly FieldError[];
  /** For `Warning` headers. */
  readonly warnings: readonly string[];
  /** The state that the client meant: `uid` and `resourceVersion` as it sent them, of whatever type. */
  readonly expected: Readonly<Record<string, unknown>>;
}

/**
 * From what is stored (undefined: nothing) to what is wanted: one for each way to say that. Pure, as it runs under the
 * object's lock, maybe more than once; throws an ApiError to refuse.
 */
export type Strategy = (stored: ApiObject | undefined) => Proposal;

/** Throws a 409 where the client meant another state than the stored one. */
export function checkExpected(
  kind: KindDefinition,
  name: string,
  stored: ApiObject | undefined,
  { uid, resourceVersion }: Proposal['expected'],
): void {
  if (typeof uid === 'string' && uid !== '' && uid !== stored?.metadata.uid) {
    throw conflict(
      kind,
      name,
      'the uid in the request is not that of the object, which was deleted and created anew; leave metadata.uid out',
    );
  }
  // Empty is absent: Go's clients send it for an object that they have never read.
  const meant = resourceVersion === '' ? undefined : (resourceVersion ?? undefined);
  if (meant !== undefined && meant !== stored?.metadata.resourceVersion) throw conflict(kind, name);
}
