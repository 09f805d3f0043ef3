import type { Credentials } from '#libs/control-protocol';
import { BUCKET_COUNT, type BucketedMap } from '#libs/routing-table';
import type { SecretValue } from '../cache/secret-values.js';

type Secrets = BucketedMap<SecretValue>;

/** The credentials of the tables that a data plane has had on this connection; undefined: there was none. */
export interface Had {
  /** Of the last one that it was sent. */
  readonly sent: Secrets | undefined;
  /** Of the last one that it acknowledged. */
  readonly served: Secrets | undefined;
}

/**
 * What a data plane must be told before a table that names `next`: the values that it hasn't, and, if it refused the table
 * before, the ids that only that one named. undefined: nothing.
 */
export function newValues(next: Secrets, { sent, served }: Had): Credentials | undefined {
  const values = differing(next, sent).map(([id, secret]) => ({ id, ...secret }));
  const needed = (id: string) => next.has(id) || served?.has(id) === true;
  const revoked = sent ? differing(sent, next).flatMap(([id]) => (needed(id) ? [] : id)) : [];
  return values.length + revoked.length > 0 ? { type: 'credentials', values, revoked } : undefined;
}

/** What a data plane may forget once it serves the table that names `next`; undefined: nothing. */
export function revocations(served: Secrets | undefined, next: Secrets): Credentials | undefined {
  const gone = served ? differing(served, next).filter(([id]) => !next.has(id)) : [];
  return gone.length > 0 ? { type: 'credentials', values: [], revoked: gone.map(([id]) => id) } : undefined;
}

/** What one has and the other hasn't, or not at that version. Buckets that both share are not looked into. */
function differing(one: Secrets, other: Secrets | undefined): [id: string, secret: SecretValue][] {
  const found: [string, SecretValue][] = [];
  for (let index = 0; index < BUCKET_COUNT; index++) {
    const bucket = one.bucket(index);
    if (!bucket || bucket === other?.bucket(index)) continue;
    for (const [id, secret] of bucket) if (other?.get(id)?.version !== secret.version) found.push([id, secret]);
  }
  return found;
}
