import { createHmac } from 'node:crypto';
import type { FieldChange } from '../audit/field-changes.js';

/** Parts of a sensitive object that are no secret. All else is shown as a fingerprint. */
const plain = /^(type|immutable|metadata\.(labels|finalizers|deletionTimestamp|ownerReferences))\b/;

/**
 * The changes of a sensitive object as the audit may show them: each value becomes a keyed digest, short enough to be
 * of no use without the key and long enough to see that two values differ.
 */
export function fingerprintChanges(changes: readonly FieldChange[], key: Buffer): FieldChange[] {
  return changes.flatMap((change) => {
    if (plain.test(change.path)) return [change];
    return leaves(change).map(({ path, before, after }) => ({
      path,
      ...(before !== undefined && { before: fingerprint(before, key) }),
      ...(after !== undefined && { after: fingerprint(after, key) }),
    }));
  });
}

export function fingerprint(value: unknown, key: Buffer): string {
  return `hmac:${createHmac('sha256', key).update(JSON.stringify(value)).digest('hex').slice(0, 12)}`;
}

/** A whole map that was added or removed (`data` of a new Secret) is told key by key. */
function leaves(change: FieldChange): FieldChange[] {
  const side = 'after' in change ? 'after' : 'before';
  const value = change[side];
  const bothSides = 'after' in change && 'before' in change;
  if (bothSides || typeof value !== 'object' || value === null || Array.isArray(value)) return [change];
  return Object.entries(value).map(([name, member]) => ({
    path: `${change.path}[${JSON.stringify(name)}]`,
    [side]: member,
  }));
}
