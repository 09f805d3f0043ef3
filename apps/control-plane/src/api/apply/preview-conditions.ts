import { compile, objectId, type Verdict } from '#libs/compiler';
import { type ApiObject, kindOf, kinds } from '#libs/resources';
import { SecretValues } from '../../reconcilers/secret-values.js';
import type { CredentialVersions } from '../../secrets/credential-versions.js';
import type { ObjectStore } from '../../store/object-store.js';

/**
 * The conditions that objects would get: compile over what is stored with the changes put in. `Programmed` and what
 * follows from it need a fleet that serves the change, so they are not foretold.
 */
export class ConditionPreview {
  constructor(
    private readonly store: ObjectStore,
    private readonly versions: Pick<CredentialVersions, 'versionOf'>,
  ) {}

  /** In the order of `changed`. Kinds that aren't compiled have none. */
  async of(changed: readonly ApiObject[]): Promise<(readonly Verdict[])[]> {
    const { objects } = await this.store.snapshot(kinds);
    const byKey = new Map([...objects, ...changed].map((object) => [keyOf(object), object]));
    const secrets = new SecretValues((value) => this.versions.versionOf(value));
    for (const [key, object] of byKey) {
      if (kindOf(object.apiVersion, object.kind)?.sensitive) secrets.update(key, object);
    }
    const credentialVersions = new Map<string, string>();
    const credentialProblems = new Map<string, string>();
    for (const [id, fact] of secrets.facts()) {
      if ('version' in fact) credentialVersions.set(id, fact.version);
      else credentialProblems.set(id, fact.problem);
    }
    const { conditions } = compile({ objects: [...byKey.values()], credentialVersions, credentialProblems });
    return changed.map((object) => conditions.get(objectId(object)) ?? []);
  }
}

const keyOf = ({ kind, metadata }: ApiObject): string => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
