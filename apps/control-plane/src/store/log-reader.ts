import type { KindDefinition } from '#libs/apimachinery';
import type { ObjectCodec } from './object-codec.js';
import type { Place } from './place.js';
import type { Change, ChangeType } from './object-store.js';
import type { KindIndex } from './stored-object.js';

/** Rows of whole transactions, and where the log stood when they were read. */
export interface LogPage {
  readonly transactions: readonly (readonly Change[])[];
  /** The last revision read, rows of unknown kinds included; the asked-for one if there was nothing new. */
  readonly position: number;
  readonly oldest: number;
  readonly newest: number;
  /** More rows are waiting. */
  readonly more: boolean;
}

/** Anything that runs SQL: the follower's connection, or the pool. */
export type Query = (sql: string, parameters: readonly unknown[]) => Promise<unknown[]>;

export const PAGE_ROWS = 500;

/** Reads the log after a revision, never part of a transaction. */
export class LogReader {
  constructor(
    private readonly kinds: KindIndex,
    private readonly codec: ObjectCodec,
  ) {}

  async read(query: Query, afterRevision: number): Promise<LogPage> {
    // One statement, so one snapshot: rows that a compaction is removing are either all seen or known to be gone.
    const rows = (await query(
      `SELECT meta.rv AS newest, meta.compacted, log.* FROM meta
       LEFT JOIN LATERAL (SELECT * FROM object_log WHERE rv > $1 ORDER BY rv LIMIT ${PAGE_ROWS}) AS log ON true
       ORDER BY log.rv`,
      [afterRevision],
    )) as (Partial<LogRecord> & { newest: string; compacted: string })[];
    const { newest, compacted } = rows[0] ?? { newest: '0', compacted: '0' };
    const read = rows.filter((row): row is LogRecord & (typeof rows)[number] => row.rv != null);
    const last = read.at(-1);
    if (last && last.rv !== last.last_rv) read.push(...((await this.#restOf(query, last)) as typeof read));
    return {
      transactions: this.#decode(read),
      position: Number(read.at(-1)?.rv ?? afterRevision),
      oldest: Number(compacted),
      newest: Number(newest),
      more: read.length >= PAGE_ROWS,
    };
  }

  /** The cut transaction's other rows. It is committed, so they are there. */
  #restOf(query: Query, last: LogRecord): Promise<unknown[]> {
    return query('SELECT * FROM object_log WHERE rv > $1 AND rv <= $2 ORDER BY rv', [last.rv, last.last_rv]);
  }

  #decode(rows: readonly LogRecord[]): Change[][] {
    const transactions: Change[][] = [];
    let current: Change[] = [];
    let lastRevision = -1;
    for (const row of rows) {
      const kind = this.kinds.find(row.api_group, row.kind);
      // Written by a newer version of the product, of a kind that this one can't serve.
      if (!kind) continue;
      if (Number(row.last_rv) !== lastRevision) {
        current = [];
        transactions.push(current);
        lastRevision = Number(row.last_rv);
      }
      current.push(this.#change(row, kind));
    }
    return transactions;
  }

  #change(row: LogRecord, kind: KindDefinition): Change {
    const place: Place = { kind, namespace: row.namespace, name: row.name, uid: row.uid };
    const revision = Number(row.rv);
    return {
      revision,
      lastRevision: Number(row.last_rv),
      type: row.type,
      kind,
      namespace: row.namespace,
      name: row.name,
      object: this.codec.decode(place, row.object, revision),
      ...(row.prev_rv !== null && { previous: this.codec.decode(place, row.prev, Number(row.prev_rv)) }),
      ...(row.subresource === 'status' && { subresource: 'status' as const }),
      ...(row.trace_parent !== '' && { traceParent: row.trace_parent }),
      at: row.at.getTime(),
    };
  }
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
  readonly object: unknown;
  readonly prev: unknown;
  readonly prev_rv: string | null;
  readonly trace_parent: string;
  readonly at: Date;
}
