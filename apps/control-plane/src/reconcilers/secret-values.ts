import { secretCredentialId } from '#libs/compiler';
import type { ApiObject } from '#libs/resources';
import { SYSTEM_NAMESPACE } from '../secrets/system-secrets.js';

export interface SecretValue {
  readonly version: string;
  readonly value: string;
}

/** What compile may know of a credential: a version, or why there is none. */
export type CredentialFact = { readonly version: string } | { readonly problem: string };

/** The entries of Secrets as credentials, by credential id. This is the only place beside the store that holds values. */
export class SecretValues {
  private readonly values = new Map<string, SecretValue>();
  private readonly problems = new Map<string, string>();
  private readonly idsOf = new Map<string, readonly string[]>();

  constructor(private readonly versionOf: (value: string) => string) {}

  get(id: string): SecretValue | undefined {
    return this.values.get(id);
  }

  /** Takes in a Secret (undefined: it is gone), and returns what changed, by credential id; undefined: no such entry any more. */
  update(key: string, secret: ApiObject | undefined): Map<string, CredentialFact | undefined> {
    const changes = new Map<string, CredentialFact | undefined>();
    const before = this.idsOf.get(key) ?? [];
    const entries = secret && secret.metadata.namespace !== SYSTEM_NAMESPACE ? entriesOf(secret) : [];
    for (const [id, bytes] of entries) changes.set(id, this.take(id, bytes));
    for (const id of before) {
      if (changes.has(id)) continue;
      this.values.delete(id);
      this.problems.delete(id);
      changes.set(id, undefined);
    }
    if (entries.length > 0)
      this.idsOf.set(
        key,
        entries.map(([id]) => id),
      );
    else this.idsOf.delete(key);
    return changes;
  }

  /** Everything that compile may know. */
  *facts(): IterableIterator<[string, CredentialFact]> {
    for (const [id, { version }] of this.values) yield [id, { version }];
    for (const [id, problem] of this.problems) yield [id, { problem }];
  }

  private take(id: string, bytes: Buffer): CredentialFact {
    const value = bytes.toString('latin1');
    const problem = problemOf(value);
    this.values.delete(id);
    this.problems.delete(id);
    if (problem !== undefined) {
      this.problems.set(id, problem);
      return { problem };
    }
    const version = this.versionOf(value);
    this.values.set(id, { version, value });
    return { version };
  }
}

function entriesOf(secret: ApiObject): [string, Buffer][] {
  const { namespace = '', name } = secret.metadata;
  const data = (secret['data'] ?? {}) as Record<string, string>;
  return Object.entries(data).map(([entry, base64]) => [
    secretCredentialId(namespace, name, entry),
    Buffer.from(base64, 'base64'),
  ]);
}

/** One byte a character, as headers carry it; CR, LF and NUL would let a value write headers of its own. */
function problemOf(value: string): string | undefined {
  if (value === '') return 'is empty';
  if (/[\r\n]/.test(value)) return 'has a line break in it, which no HTTP header can carry';
  // eslint-disable-next-line no-control-regex
  if (!/^[\t\x20-\x7e\x80-\xff]+$/.test(value)) return 'has control characters in it, which no HTTP header can carry';
  return undefined;
}
