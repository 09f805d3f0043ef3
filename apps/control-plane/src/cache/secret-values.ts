import type { ApiObject } from '#libs/apimachinery';
import { ANY_ENTRY, type CredentialFact, secretCredentialId } from '#libs/compiler';
import { apiKeyOf } from '#libs/resources';
import { SYSTEM_NAMESPACE } from '#libs/resources';
import { sealedReason } from '../store/sealed-object.js';

export interface SecretValue {
  readonly version: string;
  readonly value: string;
}

/** The entries of Secrets as credentials, by credential id. This is the only place besides the store that holds values. */
export class SecretValues {
  private readonly values = new Map<string, SecretValue>();
  private readonly problems = new Map<string, string>();
  private readonly idsOf = new Map<string, readonly string[]>();

  constructor(private readonly versionOf: (value: string) => string) {}

  get(id: string): SecretValue | undefined {
    return this.values.get(id);
  }

  /**
   * Takes in a Secret (undefined: it is gone), and returns what changed, by credential id; undefined: no such entry any more.
   * Of one that doesn't decrypt here, the values it had go on being used; where there are none, all its entries have a
   * problem, whichever they are.
   */
  update(key: string, secret: ApiObject | undefined): Map<string, CredentialFact | undefined> {
    const changes = new Map<string, CredentialFact | undefined>();
    const before = this.idsOf.get(key) ?? [];
    const reason = sealedReason(secret);
    if (secret && reason !== undefined) {
      const waits = before.length > 0 || secret.metadata.namespace === SYSTEM_NAMESPACE;
      return waits ? changes : this.takeSealed(key, secret, reason);
    }
    const entries = secret && secret.metadata.namespace !== SYSTEM_NAMESPACE ? entriesOf(secret) : [];
    for (const [id, base64] of entries) changes.set(id, this.take(id, base64));
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

  private takeSealed(key: string, { metadata }: ApiObject, reason: string): Map<string, CredentialFact> {
    const id = secretCredentialId(metadata.namespace ?? '', metadata.name, ANY_ENTRY);
    const fact = { problem: `can't be decrypted: ${reason}` };
    this.problems.set(id, fact.problem);
    this.idsOf.set(key, [id]);
    return new Map([[id, fact]]);
  }

  private take(id: string, base64: string): CredentialFact {
    const key = apiKeyOf(base64);
    this.values.delete(id);
    this.problems.delete(id);
    if ('problem' in key) {
      this.problems.set(id, key.problem);
      return key;
    }
    const { value } = key;
    const version = this.versionOf(value);
    this.values.set(id, { version, value });
    return { version };
  }
}

function entriesOf(secret: ApiObject): [id: string, base64: string][] {
  const { namespace = '', name } = secret.metadata;
  const data = (secret['data'] ?? {}) as Record<string, string>;
  return Object.entries(data).map(([entry, base64]) => [secretCredentialId(namespace, name, entry), base64]);
}
