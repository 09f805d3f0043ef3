import type { DataSource, QueryRunner } from 'typeorm';
import type { KindDefinition } from '#libs/apimachinery';
import { inTransaction, READ_COMMITTED } from '../database/transaction.js';
import { isEnvelope, rewrap } from '../encryption/envelope.js';
import type { KeyRing } from '../encryption/master-keys.js';
import { envelopeContext } from '../store/place.js';

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
}

export interface EncryptedRowsOptions {
  readonly dataSource: DataSource;
  readonly kinds: readonly KindDefinition[];
  readonly keys: KeyRing;
  /** Rows a transaction rewraps at most: writers of these objects wait for it. */
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
 * anything. It locks rows in passing and skips those that are locked, so it never waits and no writer waits for long;
 * what it skipped is met on the next pass.
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
    const objects = await this.#pass(signal, ['', '', '', ''], OBJECT_BATCH, UPDATE_OBJECT, (row) => [
      row.api_group,
      row.kind,
      row.namespace,
      row.name,
    ]);
    const log = await this.#pass(signal, ['0'], LOG_BATCH, UPDATE_LOG, (row) => [row.rv]);
    return { rewrapped: objects.rewrapped + log.rewrapped, failed: objects.failed + log.failed };
  }

  async #pass(
    signal: AbortSignal,
    start: readonly string[],
    select: string,
    update: string,
    keyOf: (row: Row) => readonly string[],
  ): Promise<RewrapResult> {
    const { dataSource, keys, batchRows = 100 } = this.options;
    const target = keys.current.id;
    const total = { rewrapped: 0, failed: 0 };
    for (let position = start; !signal.aborted;) {
      const rows = await inTransaction(dataSource, READ_COMMITTED, async (queryRunner) => {
        const found = (await queryRunner.query(select, [...this.#encrypted, target, batchRows, ...position])) as Row[];
        for (const row of found) await this.#rewrapRow(queryRunner, update, row, keyOf(row), total);
        return { value: found };
      });
      const last = rows.at(-1);
      if (!last || rows.length < batchRows) break;
      position = keyOf(last);
    }
    return total;
  }

  async #rewrapRow(
    queryRunner: QueryRunner,
    update: string,
    row: Row,
    key: readonly string[],
    total: { rewrapped: number; failed: number },
  ): Promise<void> {
    const kind = this.#kinds.get(`${row.api_group}/${row.kind}`);
    if (!kind) return;
    const context = envelopeContext({ ...row, kind });
    const { keys } = this.options;
    const fresh = (document: unknown): string | null => {
      if (!isEnvelope(document)) return document == null ? null : JSON.stringify(document);
      return JSON.stringify(document.masterKey === keys.current.id ? document : rewrap(document, context, keys));
    };
    let documents: (string | null)[];
    try {
      documents = row.prev === undefined ? [fresh(row.object)] : [fresh(row.object), fresh(row.prev)];
    } catch {
      total.failed += 1;
      return;
    }
    await queryRunner.query(update, [...key, ...documents]);
    total.rewrapped += 1;
  }

  get #encrypted(): string[][] {
    const kinds = [...this.#kinds.values()];
    return [kinds.map(({ group }) => group), kinds.map(({ kind }) => kind)];
  }
}

/** Parameters 1 and 2 of every statement. */
const ENCRYPTED = '(api_group, kind) IN (SELECT * FROM unnest($1::text[], $2::text[]))';

const OBJECT_BATCH = `
  SELECT api_group, kind, namespace, name, uid, rv, object FROM object
  WHERE ${ENCRYPTED} AND object->>'masterKey' <> $3 AND (api_group, kind, namespace, name) > ($5, $6, $7, $8)
  ORDER BY api_group, kind, namespace, name LIMIT $4 FOR UPDATE SKIP LOCKED`;
const UPDATE_OBJECT = `UPDATE object SET object = $5 WHERE api_group = $1 AND kind = $2 AND namespace = $3 AND name = $4`;

const LOG_BATCH = `
  SELECT api_group, kind, namespace, name, uid, rv, object, prev FROM object_log
  WHERE ${ENCRYPTED} AND (object->>'masterKey' <> $3 OR prev->>'masterKey' <> $3) AND rv > $5
  ORDER BY rv LIMIT $4 FOR UPDATE SKIP LOCKED`;
const UPDATE_LOG = `UPDATE object_log SET object = $2, prev = $3 WHERE rv = $1`;
