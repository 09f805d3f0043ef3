import { auditHash } from '../audit/audit-chain.js';
import type { AuditEntry } from '../audit/append-audit.js';
import type { AuditKeys } from '../audit/audit-keys.js';
import type { AuditRow } from '../audit/audit.entity.js';
import { type ApiObject, equal, LAST_APPLIED_ANNOTATION } from '#libs/apimachinery';
import { auditedChanges } from '../audit/audited-changes.js';
import type { ObjectCodec } from './object-codec.js';
import type { Place } from './place.js';
import type { ObjectWrite, Origin } from './object-store.js';
import type { Transition } from './object-rules.js';
import { keptRevision } from './object-revisions.js';

/** A write whose outcome is known and which changes something. */
export interface Effect {
  readonly write: ObjectWrite;
  readonly transition: Exclude<Transition, { type: 'UNCHANGED' }>;
  readonly place: Place;
  readonly previousRevision?: number;
  /** Of the state before, as stored. */
  readonly previousCharacters?: number;
}

/** Everything of a row that can be computed before the revision counter is taken, so that its lock is held briefly. */
export interface PreparedRow {
  readonly effect: Effect;
  readonly object: string;
  /** What `object_revision` keeps (see `KeptRevision`), as JSON; undefined: this write adds no revision there. */
  readonly revision?: { readonly object: string | null };
  readonly audit?: AuditEntry;
}

export function prepareRow(effect: Effect, origin: Origin, codec: ObjectCodec, auditKeys: AuditKeys): PreparedRow {
  const { transition, place } = effect;
  const revision = revisionOf(effect);
  return {
    effect,
    object: codec.encode(place, transition.object),
    ...(revision && { revision }),
    ...(isAudited(effect, origin) && { audit: prepareAudit(effect, origin, auditKeys) }),
  };
}

/** Of kinds that keep them, the states that somebody wanted: not status, and not where only field ownership moved. */
function revisionOf({ write, transition, place, previousRevision }: Effect): PreparedRow['revision'] {
  if (write.subresource || !place.kind.storage.revisions) return undefined;
  if (transition.type === 'DELETED') return { object: null };
  const wanted = desired(transition.object);
  if (transition.type === 'ADDED') return { object: JSON.stringify(wanted) };
  const before = desired(transition.previous);
  if (equal(wanted, before)) return undefined;
  return { object: JSON.stringify(keptRevision(before, wanted, previousRevision ?? 0)) };
}

/** What can be put back: without status, field ownership and kubectl's copy of the manifest. */
function desired(object: ApiObject): object {
  const { status: _status, metadata, ...content } = object;
  const { managedFields: _owned, annotations, ...kept } = metadata;
  const { [LAST_APPLIED_ANNOTATION]: _lastApplied, ...others } = annotations ?? {};
  return { ...content, metadata: { ...kept, ...(Object.keys(others).length > 0 && { annotations: others }) } };
}

/** Users named `system:` are the product itself; its status writes are no one's doing and would drown the others. */
const isAudited = ({ write, place }: Effect, origin: Origin): boolean =>
  place.kind.storage.audited && (write.subresource === undefined || !origin.user.startsWith('system:'));

function prepareAudit({ write, transition, place }: Effect, origin: Origin, auditKeys: AuditKeys): AuditEntry {
  const before = transition.type === 'ADDED' ? undefined : transition.previous;
  const after = transition.type === 'DELETED' ? undefined : transition.object;
  return {
    actor: origin.user,
    actorGroups: [...origin.groups],
    verb: write.verb,
    apiGroup: place.kind.group,
    kind: place.kind.kind,
    namespace: place.namespace,
    name: place.name,
    subresource: write.subresource ?? '',
    uid: place.uid,
    generation: transition.object.metadata.generation ?? 1,
    changes: auditedChanges(place.kind, before, after, auditKeys.fingerprints),
    sourceAddress: origin.sourceAddress,
    userAgent: origin.userAgent,
    traceId: origin.traceId,
  };
}

/** Where the transaction stands in the log and in the audit, known once the counter is taken. */
export interface CommitPoint {
  readonly firstRevision: number;
  readonly at: Date;
  /** Names the history that the revision belongs to. */
  readonly lineage: string;
  readonly auditId: number;
  readonly auditHash: Buffer;
}

export function chainAudit(rows: readonly PreparedRow[], point: CommitPoint, keys: AuditKeys): AuditRow[] {
  const chained: AuditRow[] = [];
  let previousHash = point.auditHash;
  rows.forEach(({ audit }, index) => {
    if (!audit) return;
    const row = {
      ...audit,
      id: point.auditId + chained.length + 1,
      at: point.at,
      revision: point.firstRevision + index,
      previousHash,
    };
    previousHash = auditHash(row, keys);
    chained.push({ ...row, hash: previousHash });
  });
  return chained;
}
