import { randomUUID } from 'node:crypto';
import type { DataSource, QueryRunner } from 'typeorm';
import type { ApiObject, KindDefinition } from '#libs/apimachinery';
import { orUnavailable } from '../database/unavailable.js';
import type { MasterKeys } from '../encryption/master-keys.js';
import { prepareRow, type Effect } from './commit-rows.js';
import { takeRevisions, writeRows } from './commit-sql.js';
import { checkLeadership, termOf } from './fencing.js';
import { listPage } from './list-page.js';
import { ObjectCodec, withRevision } from './object-codec.js';
import { transition, type Transition } from './object-rules.js';
import type {
  CommitOptions,
  CommitResult,
  ListOptions,
  ListResult,
  ObjectKey,
  ObjectStore,
  ObjectWrite,
  Origin,
  WriteResult,
} from './object-store.js';
import { decodeRow, STORED_COLUMNS, type StoredRow } from './stored-object.js';
import { inTransaction, ONE_SNAPSHOT, queryPrepared, READ_COMMITTED } from '../database/transaction.js';

/**
 * Objects in Postgres. A commit runs READ COMMITTED: it locks the keys in one order for all, absent ones too; reads;
 * decides (pure); and takes the revision counter LAST, held until the commit. So commit order is revision order, no
 * reader of the log ever sees a gap that fills later, and writers of different objects overlap in all but the last step.
 */
export class PostgresObjectStore implements ObjectStore {
  readonly #codec: ObjectCodec;
  readonly #fingerprintKey: Buffer;

  constructor(
    private readonly dataSource: DataSource,
    masterKeys: MasterKeys,
    private readonly now: () => number = Date.now,
  ) {
    this.#codec = new ObjectCodec(masterKeys);
    this.#fingerprintKey = masterKeys.derive('audit fingerprints');
  }

  async get({ kind, namespace, name }: ObjectKey): Promise<ApiObject | undefined> {
    const [row] = await this.dataSource
      .query<StoredRow[]>(
        `SELECT ${STORED_COLUMNS} FROM object WHERE api_group = $1 AND kind = $2 AND namespace = $3 AND name = $4`,
        [kind.group, kind.kind, namespace, name],
      )
      .catch((error: unknown) => {
        throw orUnavailable(error);
      });
    return row && decodeRow(row, kind, this.#codec);
  }

  list(kind: KindDefinition, options: ListOptions): Promise<ListResult> {
    return inTransaction(this.dataSource, ONE_SNAPSHOT, async (queryRunner) => ({
      value: await listPage(queryRunner, kind, options, this.#codec),
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
        for (const row of rows) objects.push(decodeRow(row, kind, this.#codec));
      }
      return { value: { objects, revision } };
    });
  }

  commit(writes: readonly ObjectWrite[], origin: Origin, options: CommitOptions = {}): Promise<CommitResult> {
    const { dryRun = false } = options;
    const term = termOf(options);
    const keys = distinctKeys(writes);
    return inTransaction(this.dataSource, READ_COMMITTED, async (queryRunner) => {
      await lockKeys(queryRunner, keys);
      if (term) await checkLeadership(queryRunner, term);
      const outcomes = await this.#decide(queryRunner, writes, keys);
      const effects = outcomes.flatMap(({ effect }) => effect ?? []);
      if (dryRun || effects.length === 0) {
        const revision = await currentRevision(queryRunner);
        return { value: { revision, results: outcomes.map((outcome) => answer(outcome)) }, rollback: true };
      }
      const rows = effects.map((effect) => prepareRow(effect, origin, this.#codec, this.#fingerprintKey));
      const point = await takeRevisions(queryRunner, rows);
      const revision = await writeRows(queryRunner, rows, point, origin.traceParent);
      let next = point.firstRevision;
      const results = outcomes.map((outcome) => answer(outcome, outcome.effect && next++));
      return { value: { revision, results } };
    });
  }

  async #decide(queryRunner: QueryRunner, writes: readonly ObjectWrite[], keys: readonly string[]): Promise<Outcome[]> {
    const stored = await readStored(queryRunner, writes);
    return writes.map((write, index) => {
      const { kind, namespace, name } = write.key;
      const row = stored.get(keys[index] ?? '');
      const current = row && decodeRow(row, kind, this.#codec);
      const decided = transition(write, current, { nowMs: this.now(), uid: randomUUID() });
      const previousRevision = row && Number(row.rv);
      if (decided.type === 'UNCHANGED') return { decided, previousRevision };
      const uid = row?.uid ?? decided.object.metadata.uid ?? '';
      const effect = { write, transition: decided, place: { kind, namespace, name, uid }, previousRevision };
      return { decided, previousRevision, effect };
    });
  }
}

interface Outcome {
  readonly decided: Transition;
  readonly previousRevision?: number;
  readonly effect?: Effect;
}

/** Without a revision of its own (dry run, no change) the object keeps the one it has; a dry-run create has none. */
function answer({ decided, previousRevision }: Outcome, revision = previousRevision): WriteResult {
  return {
    type: decided.type,
    object: revision === undefined ? decided.object : withRevision(decided.object, revision),
    ...('previous' in decided && { previous: withRevision(decided.previous, previousRevision ?? 0) }),
  };
}

const keyOf = (group: string, kind: string, namespace: string, name: string): string =>
  `${group}/${kind}/${namespace}/${name}`;

function distinctKeys(writes: readonly ObjectWrite[]): string[] {
  const keys = writes.map(({ key }) => keyOf(key.kind.group, key.kind.kind, key.namespace, key.name));
  const seen = new Set<string>();
  const repeated = keys.find((key) => seen.size === seen.add(key).size);
  if (repeated !== undefined) throw new Error(`one transaction cannot write ${repeated} twice`);
  return keys;
}

/** By hash, not by key: two keys of one hash must not let two transactions wait for each other. */
async function lockKeys(queryRunner: QueryRunner, keys: readonly string[]): Promise<void> {
  await queryPrepared(
    queryRunner,
    'lock-keys',
    `SELECT pg_advisory_xact_lock(hash) FROM (
       SELECT DISTINCT hashtextextended(key, 0) AS hash FROM unnest($1::text[]) AS key ORDER BY hash OFFSET 0
     ) AS sorted`,
    [keys],
  );
}

async function readStored(queryRunner: QueryRunner, writes: readonly ObjectWrite[]): Promise<Map<string, StoredRow>> {
  const rows = await queryPrepared<StoredRow>(
    queryRunner,
    'read-stored',
    `SELECT ${STORED_COLUMNS} FROM object
     JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS wanted (api_group, kind, namespace, name)
       USING (api_group, kind, namespace, name)`,
    [
      writes.map(({ key }) => key.kind.group),
      writes.map(({ key }) => key.kind.kind),
      writes.map(({ key }) => key.namespace),
      writes.map(({ key }) => key.name),
    ],
  );
  return new Map(rows.map((row) => [keyOf(row.api_group, row.kind, row.namespace, row.name), row]));
}

async function currentRevision(queryRunner: QueryRunner): Promise<number> {
  const [meta] = (await queryRunner.query('SELECT rv FROM meta')) as [{ rv: string }];
  return Number(meta.rv);
}
