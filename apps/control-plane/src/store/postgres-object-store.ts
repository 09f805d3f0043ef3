import type { PoolClient } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import type { ApiObject, KindDefinition } from '#libs/apimachinery';
import { inPipelinedTransaction } from '../database/pipelined-transaction.js';
import { inTransaction, ONE_SNAPSHOT, queryPrepared } from '../database/transaction.js';
import { orUnavailable } from '../database/unavailable.js';
import type { AuditKeys } from '../audit/audit-keys.js';
import type { KeyRing } from '../encryption/master-keys.js';
import { decideGroup, type GroupState, type Outcome, resultsOf } from './commit-decision.js';
import { CommitQueue, type CommitRequest, type PendingCommit } from './commit-queue.js';
import { type RequestRows, takeRevisions, writeRows } from './commit-sql.js';
import { readEpoch, termOf } from './fencing.js';
import type { CommitPoint } from './commit-rows.js';
import { committedChanges, type CommitListener } from './committed-changes.js';
import { listPage } from './list-page.js';
import { ObjectCodec } from './object-codec.js';
import type {
  CommitOptions,
  CommitResult,
  ListOptions,
  ListResult,
  ObjectKey,
  ObjectStore,
  ObjectWrite,
  Origin,
} from './object-store.js';
import { lockKeyOf, lockKeys, readStored, tryKeys } from './read-locked.js';
import { readable } from './sealed-object.js';
import { protectSystemObjects } from './system-objects.js';
import { asObject, asText, STORED_COLUMNS, type StoredRow } from './stored-object.js';

export interface PostgresObjectStoreOptions {
  /** Master keys, for kinds that are encrypted. */
  readonly keys: KeyRing;
  readonly auditKeys: AuditKeys;
  readonly nowMs?: () => number;
}

/**
 * Objects in Postgres. A commit runs READ COMMITTED: it locks the keys in one order for all, absent ones too; reads;
 * decides (pure); and takes the revision counter LAST, held until the commit. So commit order is revision order, no
 * reader of the log ever sees a gap that fills later, and replicas that write different objects overlap in all but the
 * last step. The requests of one replica that wait for each other anyway share a transaction (see `CommitQueue`).
 */
export class PostgresObjectStore implements ObjectStore {
  readonly #codec: ObjectCodec;
  readonly #keys: KeyRing;
  readonly #auditKeys: AuditKeys;
  readonly #nowMs: () => number;
  readonly #listeners: CommitListener[] = [];
  readonly #queue = new CommitQueue((group, waitMs) =>
    this.#keys.whileEncrypting(() => this.#commitGroup(group, waitMs)),
  );

  constructor(
    private readonly dataSource: DataSource,
    { keys, auditKeys, nowMs = Date.now }: PostgresObjectStoreOptions,
  ) {
    this.#codec = new ObjectCodec(keys);
    this.#keys = keys;
    this.#auditKeys = auditKeys;
    this.#nowMs = nowMs;
  }

  async get({ kind, namespace, name }: ObjectKey): Promise<ApiObject | undefined> {
    const queryRunner = this.dataSource.createQueryRunner();
    try {
      const [row] = await queryPrepared<StoredRow>(queryRunner, 'get', GET, [kind.group, kind.kind, namespace, name]);
      return row && readable(kind, asObject(kind, this.#codec)(row));
    } catch (error) {
      throw orUnavailable(error);
    } finally {
      await queryRunner.release();
    }
  }

  list(kind: KindDefinition, options: ListOptions): Promise<ListResult> {
    return inTransaction(this.dataSource, ONE_SNAPSHOT, async (queryRunner) => ({
      value: await listPage(queryRunner, kind, options, asObject(kind, this.#codec)),
    }));
  }

  listText(kind: KindDefinition, options: Omit<ListOptions, 'matches'>): Promise<ListResult<string>> {
    if (kind.sensitive) throw new Error(`the stored text of ${kind.kind} objects is for nobody to see`);
    return inTransaction(this.dataSource, ONE_SNAPSHOT, async (queryRunner) => ({
      value: await listPage(queryRunner, kind, options, asText(kind, this.#codec)),
    }));
  }

  snapshot(kinds: readonly KindDefinition[]): Promise<{ objects: ApiObject[]; revision: number }> {
    return inTransaction(this.dataSource, ONE_SNAPSHOT, async (queryRunner) => {
      const revision = await currentRevision(queryRunner);
      const objects: ApiObject[] = [];
      for (const kind of kinds) {
        const rows = (await queryRunner.query(
          `SELECT ${STORED_COLUMNS} FROM object WHERE api_group = $1 AND kind = $2 ORDER BY namespace, name`,
          [kind.group, kind.kind],
        )) as StoredRow[];
        const read = asObject(kind, this.#codec);
        for (const row of rows) objects.push(read(row));
      }
      return { value: { objects, revision } };
    });
  }

  commit(requested: readonly ObjectWrite[], origin: Origin, options: CommitOptions = {}): Promise<CommitResult> {
    const writes = protectSystemObjects(requested, origin);
    const { dryRun = false } = options;
    return this.#queue.add({ writes, keys: distinctKeys(writes), origin, dryRun, term: termOf(options) });
  }

  onCommitted(listener: CommitListener): void {
    this.#listeners.push(listener);
  }

  async #commitGroup(group: readonly PendingCommit[], waitMs: number): Promise<void> {
    const requests = group.map(({ request }) => request);
    const settle = await inPipelinedTransaction(this.dataSource, async (client, begun) => {
      const state = await readState(client, requests, { begun, waitMs });
      const decisions = decideGroup(requests, state, {
        codec: this.#codec,
        auditKeys: this.#auditKeys,
        nowMs: this.#nowMs(),
      });
      const writers: Writer[] = [];
      decisions.forEach((decision, index) => {
        const pending = group[index]!;
        if (decision.type === 'REFUSED') pending.reject(decision.error);
        else if (decision.type === 'POSTPONED') pending.postpone();
        else if (decision.type === 'HELD') pending.stepAside();
        else if (decision.rows.length === 0)
          pending.resolve({ revision: state.revision, results: resultsOf(decision.outcomes) });
        else writers.push({ ...decision, pending, traceParent: pending.request.origin.traceParent });
      });
      if (writers.length === 0) return { value: () => undefined };
      const point = await takeRevisions(
        client,
        writers.flatMap(({ rows }) => rows),
      );
      return {
        value: () => this.#settle(writers, point),
        last: () => writeRows(client, writers, point, this.#auditKeys),
      };
    });
    settle();
  }

  /** Readers on this replica hear of it before whoever asked for it, who may ask them next. */
  #settle(writers: readonly Writer[], point: CommitPoint): void {
    let { firstRevision } = point;
    const settled = writers.map((writer) => {
      const changes = committedChanges(writer, firstRevision, point);
      const results = resultsOf(writer.outcomes, firstRevision);
      firstRevision += writer.rows.length;
      return { pending: writer.pending, changes, answer: { revision: firstRevision - 1, results } };
    });
    const transactions = settled.map(({ changes }) => changes);
    try {
      for (const listener of this.#listeners) listener(transactions, point.lineage);
    } finally {
      // It is committed: whatever a listener throws, nobody may take it for undone and write it again.
      for (const { pending, answer } of settled) pending.resolve(answer);
    }
  }
}

const GET = `SELECT ${STORED_COLUMNS} FROM object WHERE api_group = $1 AND kind = $2 AND namespace = $3 AND name = $4`;

/** A request of the group that changes something. */
interface Writer extends RequestRows {
  readonly pending: PendingCommit;
  readonly outcomes: readonly Outcome[];
}

/** Everything that is asked for at once: the locks, what is under them, and where the log stands. */
async function readState(
  client: PoolClient,
  requests: readonly CommitRequest[],
  { begun, waitMs }: { readonly begun: Promise<unknown>; readonly waitMs: number },
): Promise<GroupState> {
  const keys = new Map<string, ObjectKey>();
  for (const request of requests) request.keys.forEach((key, index) => keys.set(key, request.writes[index]!.key));
  const fenced = requests.some(({ term }) => term !== undefined);
  const [, held, { stored, revision }, leaderEpoch] = await Promise.all([
    begun,
    waitMs > 0 ? lockKeys(client, [...keys.keys()], waitMs) : tryKeys(client, [...keys.keys()]),
    readStored(client, [...keys.values()]),
    fenced ? readEpoch(client) : undefined,
  ]);
  return { stored, revision, leaderEpoch, held: held ?? new Set() };
}

function distinctKeys(writes: readonly ObjectWrite[]): string[] {
  const keys = writes.map(({ key }) => lockKeyOf(key));
  const seen = new Set<string>();
  const repeated = keys.find((key) => seen.size === seen.add(key).size);
  if (repeated !== undefined) throw new Error(`one transaction cannot write ${repeated} twice`);
  return keys;
}

async function currentRevision(queryRunner: QueryRunner): Promise<number> {
  const [meta] = (await queryRunner.query('SELECT rv FROM meta')) as [{ rv: string }];
  return Number(meta.rv);
}
