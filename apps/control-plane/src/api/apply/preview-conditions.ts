import { type ApiObject, serviceUnavailable } from '#libs/apimachinery';
import { type CredentialFact, objectId, type Verdict } from '#libs/compiler';
import { kindOf } from '#libs/resources';
import type { CompileController } from '../../compile/compile-controller.js';
import { SecretValues } from '../../cache/secret-values.js';
import { cacheKey, type ObjectCache } from '../../cache/object-cache.js';
import type { CredentialVersions } from '../../secrets/credential-versions.js';

/** The cache follows the database by milliseconds; this long it is away only where the database is, or just after the start. */
const CATCH_UP_MS = 20_000;

/**
 * The conditions that objects would get: compile, in its own thread, over what is stored with the changes put in.
 * `Programmed` and what follows from it need a fleet that serves the change, so they are not foretold.
 */
export class ConditionPreview {
  constructor(
    private readonly cache: Pick<ObjectCache, 'reached' | 'get'>,
    private readonly compiler: Pick<CompileController, 'preview'>,
    private readonly versions: Pick<CredentialVersions, 'versionOf'>,
  ) {}

  /**
   * In the order of `changed`; kinds that aren't compiled have none. `revision`: of the store when the changes were judged.
   * Throws a 503 where this replica can't tell.
   */
  async of(changed: readonly ApiObject[], revision: number): Promise<readonly (readonly Verdict[])[]> {
    if (!(await this.cache.reached(revision, CATCH_UP_MS))) {
      throw serviceUnavailable('this control plane has not caught up with the database; try again');
    }
    const objects = new Map<string, ApiObject>();
    const credentials = new Map<string, CredentialFact | undefined>();
    const secrets = new SecretValues((value) => this.versions.versionOf(value));
    for (const object of changed) {
      const kind = kindOf(object.apiVersion, object.kind)!;
      const key = cacheKey(kind, object.metadata.namespace ?? '', object.metadata.name);
      if (!kind.sensitive) {
        objects.set(key, object);
        continue;
      }
      // The stored one first, so that an entry that goes shows as a difference.
      secrets.update(key, this.cache.get(key));
      for (const [id, fact] of secrets.update(key, object)) credentials.set(id, fact);
    }
    try {
      return await this.compiler.preview({ objects, credentials }, changed.map(objectId));
    } catch (error) {
      throw Object.assign(serviceUnavailable('the conditions cannot be foretold just now; try again'), {
        cause: error,
      });
    }
  }
}
