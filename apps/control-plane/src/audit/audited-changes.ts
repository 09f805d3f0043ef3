import { createHmac } from 'node:crypto';
import {
  type ApiObject,
  diffObjects,
  type FieldChange,
  type KindDefinition,
  LAST_APPLIED_ANNOTATION,
} from '#libs/apimachinery';

/** Parts of a sensitive object that are no secret. */
const notSecret = /^(type|immutable|metadata\.(labels|finalizers|deletionTimestamp|ownerReferences))\b/;

/** The fields that a write changed, as the audit shows them: of a sensitive kind fingerprints, not values. */
export function auditedChanges(
  kind: KindDefinition,
  before: ApiObject | undefined,
  after: ApiObject | undefined,
  fingerprintKey: Buffer,
): FieldChange[] {
  const changes = diffObjects(before && audited(before), after && audited(after))
    // Of an object that comes or goes: all that is left of metadata may be what the system writes by itself.
    .filter(({ path }) => path !== 'metadata');
  if (!kind.sensitive) return changes;
  return changes.map((change) => {
    if (notSecret.test(change.path)) return change;
    return {
      path: change.path,
      ...(change.before !== undefined && { before: fingerprint(change.before, fingerprintKey) }),
      ...(change.after !== undefined && { after: fingerprint(change.after, fingerprintKey) }),
    };
  });
}

/** A keyed digest: no use without the key, and long enough to see that two values differ. */
export function fingerprint(value: unknown, key: Buffer): string {
  return `hmac:${createHmac('sha256', key).update(JSON.stringify(value)).digest('hex').slice(0, 12)}`;
}

/** Without what the row of the audit names anyway. */
function audited({ apiVersion: _apiVersion, kind: _kind, metadata, ...content }: ApiObject): object {
  const { name: _name, namespace: _namespace, annotations, ...kept } = metadata;
  const { [LAST_APPLIED_ANNOTATION]: _lastApplied, ...others } = annotations ?? {};
  return { metadata: { ...kept, ...(Object.keys(others).length > 0 && { annotations: others }) }, ...content };
}
