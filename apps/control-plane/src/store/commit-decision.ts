import { randomUUID } from 'node:crypto';
import { type Effect, prepareRow, type PreparedRow } from './commit-rows.js';
import type { CommitRequest } from './commit-queue.js';
import { checkTerm } from './fencing.js';
import { type ObjectCodec, withRevision } from './object-codec.js';
import type { AuditKeys } from '../audit/audit-keys.js';
import { transition, type Transition } from './object-rules.js';
import type { WriteResult } from './object-store.js';
import { readable } from './sealed-object.js';
import { asObject, type StoredRow } from './stored-object.js';

/** What the database holds, as read under the locks of all keys of a group. */
export interface GroupState {
  /** By key. */
  readonly stored: ReadonlyMap<string, StoredRow>;
  /** Keys that somebody else holds: what is stored under them may change. */
  readonly held: ReadonlySet<string>;
  /** Where the log stands. */
  readonly revision: number;
  /** Read where a request of the group names a term. */
  readonly leaderEpoch?: number;
}

/** What becomes of one request. */
export type Decision =
  | { readonly type: 'REFUSED'; readonly error: unknown }
  /** It meets an object that another one of the group changes, whose new resourceVersion nobody knows yet. */
  | { readonly type: 'POSTPONED' }
  /** It writes what somebody else holds. */
  | { readonly type: 'HELD' }
  /** No rows: it changes nothing, or is a dry run. */
  | { readonly type: 'DECIDED'; readonly outcomes: readonly Outcome[]; readonly rows: readonly PreparedRow[] };

export interface Outcome {
  readonly key: string;
  readonly decided: Transition;
  readonly previousRevision?: number;
  readonly effect?: Effect;
}

export interface DecisionMeans {
  readonly codec: ObjectCodec;
  readonly auditKeys: AuditKeys;
  readonly nowMs: number;
}

/** Documents a group writes: the transaction is held in memory, here and in the server. A request alone may have more. */
const MAX_GROUP_CHARACTERS = 8 * 1024 * 1024;

/** Decides the requests of a group one after the other. Each stands or falls alone. */
export function decideGroup(
  requests: readonly CommitRequest[],
  state: GroupState,
  means: DecisionMeans,
): readonly Decision[] {
  const changed = new Set<string>();
  let characters = 0;
  return requests.map((request): Decision => {
    if (request.keys.some((key) => state.held.has(key))) return { type: 'HELD' };
    if (characters > MAX_GROUP_CHARACTERS || request.keys.some((key) => changed.has(key))) return { type: 'POSTPONED' };
    try {
      if (request.term) checkTerm(request.term, state.leaderEpoch);
      const outcomes = request.writes.flatMap((_, index) => decide(request, index, state, means) ?? []);
      if (request.dryRun) return { type: 'DECIDED', outcomes, rows: [] };
      const rows = outcomes.flatMap(({ effect }) =>
        effect ? [prepareRow(effect, request.origin, means.codec, means.auditKeys)] : [],
      );
      for (const { key } of outcomes.filter(({ effect }) => effect)) changed.add(key);
      for (const { object, revision } of rows) characters += object.length + (revision?.object?.length ?? 0);
      return { type: 'DECIDED', outcomes, rows };
    } catch (error) {
      return { type: 'REFUSED', error };
    }
  });
}

/** undefined: the object is absent, and was to be written if present. */
function decide(
  { writes, keys }: CommitRequest,
  index: number,
  { stored }: GroupState,
  means: DecisionMeans,
): Outcome | undefined {
  const write = writes[index]!;
  const key = keys[index] ?? '';
  const { kind, namespace, name } = write.key;
  const row = stored.get(key);
  if (!row && write.ifPresent) return undefined;
  const current = row && asObject(kind, means.codec)(row);
  // What can't be read can't be changed, only deleted.
  if (current && write.verb !== 'delete') readable(kind, current);
  const decided = transition(write, current, { nowMs: means.nowMs, uid: randomUUID() });
  const previousRevision = row && Number(row.rv);
  if (decided.type === 'UNCHANGED') return { key, decided, previousRevision };
  const uid = row?.uid ?? decided.object.metadata.uid ?? '';
  const place = { kind, namespace, name, uid };
  const effect = { write, transition: decided, place, previousRevision, previousCharacters: row?.object.length };
  return { key, decided, previousRevision, effect };
}

/** The answer to each write, with the revisions from `firstRevision` on for those that changed something. */
export function resultsOf(outcomes: readonly Outcome[], firstRevision?: number): WriteResult[] {
  let next = firstRevision;
  return outcomes.map((outcome) => answer(outcome, outcome.effect && next !== undefined ? next++ : undefined));
}

/** Without a revision of its own (dry run, no change) the object keeps the one it has; a dry-run create has none. */
function answer({ decided, previousRevision }: Outcome, revision = previousRevision): WriteResult {
  return {
    type: decided.type,
    object: revision === undefined ? decided.object : withRevision(decided.object, revision),
    ...('previous' in decided && { previous: withRevision(decided.previous, previousRevision ?? 0) }),
  };
}
