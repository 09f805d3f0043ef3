import type { CommitPoint, PreparedRow } from './commit-rows.js';
import type { RequestRows } from './commit-sql.js';
import { withRevision } from './object-codec.js';
import type { LogTransaction } from './log-reader.js';
import type { Change } from './object-store.js';

/** Told of what this replica has just committed, in commit order: what a reader of the log finds there, request by request. */
export type CommitListener = (transactions: readonly LogTransaction[], lineage: string) => void;

/** A request's rows as the log shows them. */
export function committedChanges(
  { rows, traceParent }: RequestRows,
  firstRevision: number,
  point: CommitPoint,
): LogTransaction {
  const lastRevision = firstRevision + rows.length - 1;
  const changes = rows.map(({ effect: { write, transition, place, previousRevision } }, index): Change => {
    const revision = firstRevision + index;
    return {
      revision,
      lastRevision,
      type: transition.type,
      kind: place.kind,
      namespace: place.namespace,
      name: place.name,
      object: withRevision(transition.object, revision),
      ...('previous' in transition && { previous: withRevision(transition.previous, previousRevision ?? 0) }),
      ...(write.subresource && { subresource: write.subresource }),
      ...(traceParent !== '' && { traceParent }),
      at: point.at.getTime(),
    };
  });
  // The state before was parsed anew for this commit, so it takes room of its own.
  const sizeOf = ({ object, effect }: PreparedRow): number => object.length + (effect.previousCharacters ?? 0);
  return { changes, bytes: rows.reduce((sum, row) => sum + sizeOf(row), 0) };
}
