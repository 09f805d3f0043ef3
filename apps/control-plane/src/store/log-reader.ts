import type { ApiObject, KindDefinition, KindRegistry } from '#libs/apimachinery';
import type { ObjectCodec } from './object-codec.js';
import type { Place } from './place.js';
import type { Change, ChangeType } from './object-store.js';

/** The changes of one transaction, and how much JSON text was parsed for them. */
export interface LogTransaction {
  readonly changes: readonly Change[];
  readonly bytes: number;
}

/** Whole transactions, and where the log stood when they were read. */
export interface LogPage {
  readonly transactions: readonly LogTransaction[];
  /** The last revision read, rows of unknown kinds included; the asked-for one if there was nothing new. */
  readonly position: number;
  readonly oldest: number;
  readonly newest: number;
  /** Names the history that these revisions belong to. */
  readonly lineage: string;
  /** More rows are waiting. */
  readonly more: boolean;
}

/** Anything that runs SQL: the follower's connection, or the pool. */
export type Query = (sql: string, parameters: readonly unknown[]) => Promise<unknown[]>;

/** An object as of a revision, if whoever reads holds it already: it is shared then, instead of parsed once more. */
export type Known = (key: string, revision: number) => ApiObject | undefined;

export const PAGE_ROWS = 500;
/** As stored, which is compressed: several times as much in memory. Only a transaction that is larger exceeds it. */
export const PAGE_BYTES = 2 * 2 ** 20;

/** What tells objects apart in the log. */
export const logKey = (group: string, kind: string, namespace: string, name: string): string =>
  `${group}/${kind}/${namespace}/${name}`;

/**
 * One statement, so one snapshot: rows that a compaction is removing are either all seen or known to be gone. The page
 * ends with the transaction in which it is full.
 */
const PAGE = `
  SELECT meta.rv AS newest, meta.compacted, meta.lineage, log.rv, log.last_rv, log.type, log.api_group, log.kind,
    log.namespace, log.name, log.uid, log.subresource, log.object::text AS object, log.prev::text AS prev, log.prev_rv,
    log.trace_parent, log.at
  FROM meta LEFT JOIN object_log AS log ON log.rv > $1 AND log.rv <= (
    SELECT max(last_rv) FROM (
      SELECT last_rv, row_number() OVER (ORDER BY rv) AS number, sum(bytes) OVER (ORDER BY rv) AS bytes FROM (
        SELECT rv, last_rv, pg_column_size(object) + coalesce(pg_column_size(prev), 0) AS bytes
        FROM object_log WHERE rv > $1 ORDER BY rv LIMIT ${PAGE_ROWS}
      ) AS next
    ) AS counted WHERE number = 1 OR bytes <= ${PAGE_BYTES}
  )
  ORDER BY log.rv`;

/** Reads the log after a revision, never part of a transaction. */
export class LogReader {
  constructor(
    private readonly kinds: KindRegistry,
    private readonly codec: ObjectCodec,
  ) {}

  async read(query: Query, afterRevision: number, known: Known = () => undefined): Promise<LogPage> {
    const rows = (await query(PAGE, [afterRevision])) as (Partial<LogRecord> & PageHead)[];
    const head = rows[0] ?? { newest: '0', compacted: '0', lineage: '' };
    const read = rows.filter((row): row is LogRecord & PageHead => row.rv != null);
    const position = Number(read.at(-1)?.rv ?? afterRevision);
    return {
      transactions: this.#decode(read, known),
      position,
      oldest: Number(head.compacted),
      newest: Number(head.newest),
      lineage: head.lineage,
      more: read.length > 0 && position < Number(head.newest),
    };
  }

  #decode(rows: readonly LogRecord[], known: Known): LogTransaction[] {
    const transactions: { changes: Change[]; bytes: number }[] = [];
    let lastRevision = -1;
    const inPage = new Map<string, Change>();
    for (const row of rows) {
      const kind = this.kinds.findStored(row.api_group, row.kind);
      // Written by a newer version of the product, of a kind that this one can't serve.
      if (!kind) continue;
      if (Number(row.last_rv) !== lastRevision) {
        transactions.push({ changes: [], bytes: 0 });
        lastRevision = Number(row.last_rv);
      }
      const key = logKey(row.api_group, row.kind, row.namespace, row.name);
      const before = row.prev_rv === null ? undefined : Number(row.prev_rv);
      const earlier = inPage.get(key);
      const previous =
        before === undefined ? undefined : earlier?.revision === before ? earlier.object : known(key, before);
      const change = this.#change(row, kind, previous);
      inPage.set(key, change);
      const transaction = transactions.at(-1)!;
      transaction.changes.push(change);
      transaction.bytes += row.object.length + (previous ? 0 : (row.prev?.length ?? 0));
    }
    return transactions;
  }

  #change(row: LogRecord, kind: KindDefinition, previous: ApiObject | undefined): Change {
    const place: Place = { kind, namespace: row.namespace, name: row.name, uid: row.uid };
    const decode = (text: string, revision: number) => this.codec.decode(place, JSON.parse(text), revision);
    const revision = Number(row.rv);
    return {
      revision,
      lastRevision: Number(row.last_rv),
      type: row.type,
      kind,
      namespace: row.namespace,
      name: row.name,
      object: decode(row.object, revision),
      ...(row.prev !== null && { previous: previous ?? decode(row.prev, Number(row.prev_rv)) }),
      ...(row.subresource === 'status' && { subresource: 'status' as const }),
      ...(row.trace_parent !== '' && { traceParent: row.trace_parent }),
      at: row.at.getTime(),
    };
  }
}

interface PageHead {
  readonly newest: string;
  readonly compacted: string;
  readonly lineage: string;
}

interface LogRecord {
  readonly rv: string;
  readonly last_rv: string;
  readonly type: ChangeType;
  readonly api_group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly subresource: string | null;
  /** JSON text. */
  readonly object: string;
  readonly prev: string | null;
  readonly prev_rv: string | null;
  readonly trace_parent: string;
  readonly at: Date;
}
