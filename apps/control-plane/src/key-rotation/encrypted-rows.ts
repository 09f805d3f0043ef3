import type { PoolClient } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import type { KindDefinition } from '#libs/apimachinery';
import { inTransaction, READ_COMMITTED } from '../database/transaction.js';
import { isEnvelope, rewrap } from '../encryption/envelope.js';
import type { KeyRing } from '../encryption/master-keys.js';
import { envelopeContext } from '../store/place.js';
import { keyOf, tryKeys } from '../store/read-locked.js';

/** How many envelopes are under one master key: of objects, and of the log, which holds each change with the state before. */
export interface KeyUse {
  readonly masterKey: string;
  readonly objects: number;
  readonly log: number;
}

export interface RewrapResult {
  readonly rewrapped: number;
  /** Envelopes whose key is missing, or that were changed. */
  readonly failed: number;
  /** Objects that somebody else held: another pass is due. */
  readonly skipped: number;
}

export interface EncryptedRowsOptions {
  readonly dataSource: DataSource;
  readonly kinds: readonly KindDefinition[];
  readonly keys: KeyRing;
  /** Rows a transaction rewraps at most: who writes these objects waits for it. */
  readonly batchRows?: number;
}

interface Row {
  readonly api_group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly rv: string;
  readonly object: unknown;
  readonly prev?: unknown;
}

/**
 * Every row that holds an envelope: the objects of kinds whose storage is encrypted, and their log rows. Revisions and the audit hold none.
 * Rewrapping changes the wrapped data key alone, so neither revision nor content changes, and no reader of the log sees
 * anything. It locks objects as writes do, and so keeps waiting only who writes the same, before that has taken the revision
 * counter; it skips what others hold, so it never waits itself. What it skipped is met on the next pass.
 */
export class EncryptedRows {
  readonly #kinds: ReadonlyMap<string, KindDefinition>;

  constructor(private readonly options: EncryptedRowsOptions) {
    const encrypted = options.kinds.filter(({ storage }) => storage.encrypted);
    this.#kinds = new Map(encrypted.map((kind) => [`${kind.group}/${kind.kind}`, kind]));
  }

  /** By master key. */
  async uses(): Promise<KeyUse[]> {
    const rows = await this.options.dataSource.query<{ master_key: string; objects: string; log: string }[]>(
      `SELECT master_key, sum(objects) AS objects, sum(log) AS log FROM (
         SELECT object->>'masterKey' AS master_key, 1 AS objects, 0 AS log FROM object WHERE ${ENCRYPTED}
         UNION ALL SELECT object->>'masterKey', 0, 1 FROM object_log WHERE ${ENCRYPTED}
         UNION ALL SELECT prev->>'masterKey', 0, 1 FROM object_log WHERE ${ENCRYPTED}
       ) AS envelope WHERE master_key IS NOT NULL GROUP BY master_key ORDER BY master_key`,
      this.#encrypted,
    );
    return rows.map((row) => ({ masterKey: row.master_key, objects: Number(row.objects), log: Number(row.log) }));
  }

  /** One pass over everything that isn't under the current key, until `signal` says to stop. */
  async rewrapAll(signal: AbortSignal): Promise<RewrapResult> {
    // Objects first: a write copies the state before into the log as it stands.
    const objects = await this.#pass(signal, OBJECTS);
    const log = await this.#pass(signal, LOG);
    return {
      rewrapped: objects.rewrapped + log.rewrapped,
      failed: objects.failed + log.failed,
      skipped: objects.skipped + log.skipped,
    };
  }

  async #pass(signal: AbortSignal, table: Table): Promise<RewrapResult> {
    const { keys, batchRows = 100 } = this.options;
    const target = keys.current.id;
    const total = { rewrapped: 0, failed: 0, skipped: 0 };
    for (let position = table.start; !signal.aborted;) {
      const batch = await this.#transaction(async (queryRunner) => {
        // Commits don't wait for this lock; who asks whether a key is out of use does (see `ReplicaKeys`).
        await queryRunner.query('SELECT FROM meta FOR KEY SHARE');
        const parameters = [...this.#encrypted, target, batchRows, ...position];
        const found = (await queryRunner.query(table.find, parameters)) as Row[];
        const rows = await table.lock(queryRunner, found, target);
        const { fresh, failed } = this.#rewrapped(rows);
        if (fresh.length > 0) await queryRunner.query(table.update, table.columns(fresh));
        total.rewrapped += fresh.length;
        total.failed += failed;
        total.skipped += found.length - rows.length;
        return found;
      });
      const last = batch.at(-1);
      if (!last || batch.length < batchRows) break;
      position = table.position(last);
    }
    return total;
  }

  #transaction<T>(work: (queryRunner: QueryRunner) => Promise<T>): Promise<T> {
    const { dataSource, keys } = this.options;
    return keys.whileEncrypting(() =>
      inTransaction(dataSource, READ_COMMITTED, async (queryRunner) => ({ value: await work(queryRunner) })),
    );
  }

  #rewrapped(rows: readonly Row[]): { readonly fresh: readonly Row[]; readonly failed: number } {
    const { keys } = this.options;
    const fresh: Row[] = [];
    let failed = 0;
    for (const row of rows) {
      const kind = this.#kinds.get(`${row.api_group}/${row.kind}`);
      if (!kind) continue;
      const context = envelopeContext({ ...row, kind });
      const again = (document: unknown): unknown =>
        isEnvelope(document) && document.masterKey !== keys.current.id ? rewrap(document, context, keys) : document;
      try {
        fresh.push({ ...row, object: again(row.object), prev: again(row.prev) });
      } catch {
        failed += 1;
      }
    }
    return { fresh, failed };
  }

  get #encrypted(): string[][] {
    const kinds = [...this.#kinds.values()];
    return [kinds.map(({ group }) => group), kinds.map(({ kind }) => kind)];
  }
}

/** Parameters 1 and 2 of every statement. */
const ENCRYPTED = '(api_group, kind) IN (SELECT * FROM unnest($1::text[], $2::text[]))';

/** How a batch of a table is found, locked and written. */
interface Table {
  readonly start: readonly string[];
  readonly find: string;
  /** Those of them that nobody else holds, as they are now. */
  lock(queryRunner: QueryRunner, found: readonly Row[], target: string): Promise<readonly Row[]>;
  readonly update: string;
  columns(rows: readonly Row[]): readonly unknown[][];
  position(row: Row): readonly string[];
}

const column = <Value>(rows: readonly Row[], read: (row: Row) => Value): Value[] => rows.map(read);
const text = (document: unknown): string | null => (document == null ? null : JSON.stringify(document));
const keyColumns = (rows: readonly Row[]): string[][] => [
  column(rows, (row) => row.api_group),
  column(rows, (row) => row.kind),
  column(rows, (row) => row.namespace),
  column(rows, (row) => row.name),
];
const BY_KEY = 'unnest($1::text[], $2::text[], $3::text[], $4::text[]';

const OBJECTS: Table = {
  start: ['', '', '', ''],
  find: `
    SELECT api_group, kind, namespace, name FROM object
    WHERE ${ENCRYPTED} AND object->>'masterKey' <> $3 AND (api_group, kind, namespace, name) > ($5, $6, $7, $8)
    ORDER BY api_group, kind, namespace, name LIMIT $4`,
  lock: async (queryRunner, found, target) => {
    const client = (await queryRunner.connect()) as PoolClient;
    const keys = new Map(found.map((row) => [keyOf(row.api_group, row.kind, row.namespace, row.name), row]));
    for (const held of await tryKeys(client, [...keys.keys()])) keys.delete(held);
    return (await queryRunner.query(
      `SELECT api_group, kind, namespace, name, uid, object FROM object
       JOIN ${BY_KEY}) AS free (api_group, kind, namespace, name) USING (api_group, kind, namespace, name)
       WHERE object->>'masterKey' <> $5 FOR UPDATE OF object SKIP LOCKED`,
      [...keyColumns([...keys.values()]), target],
    )) as Row[];
  },
  update: `
    UPDATE object SET object = fresh.object
    FROM ${BY_KEY}, $5::json[]) AS fresh (api_group, kind, namespace, name, object)
    WHERE object.api_group = fresh.api_group AND object.kind = fresh.kind
      AND object.namespace = fresh.namespace AND object.name = fresh.name`,
  columns: (rows) => [...keyColumns(rows), column(rows, (row) => text(row.object))],
  position: (row) => [row.api_group, row.kind, row.namespace, row.name],
};

/** Nobody but compaction changes what was logged. */
const LOG: Table = {
  start: ['0'],
  find: `
    SELECT api_group, kind, namespace, name, uid, rv, object, prev FROM object_log
    WHERE ${ENCRYPTED} AND (object->>'masterKey' <> $3 OR prev->>'masterKey' <> $3) AND rv > $5
    ORDER BY rv LIMIT $4 FOR UPDATE SKIP LOCKED`,
  lock: async (_queryRunner, found) => found,
  update: `
    UPDATE object_log SET object = fresh.object, prev = fresh.prev
    FROM unnest($1::bigint[], $2::json[], $3::json[]) AS fresh (rv, object, prev) WHERE object_log.rv = fresh.rv`,
  columns: (rows) => [
    column(rows, (row) => row.rv),
    column(rows, (row) => text(row.object)),
    column(rows, (row) => text(row.prev)),
  ],
  position: (row) => [row.rv],
};
