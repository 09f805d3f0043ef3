import type { QueryRunner } from 'typeorm';
import { expired, type KindDefinition } from '#libs/apimachinery';
import { decodeContinue, encodeContinue, type ContinueToken } from './continue-token.js';
import type { ListOptions, ListResult } from './object-store.js';
import { type ReadRow, STORED_COLUMNS, type StoredRow } from './stored-object.js';

/**
 * One page of a list, within a REPEATABLE READ transaction. All pages show the revision of the first: what changed
 * since is taken from the log, as the first row after that revision holds the state before it. A token older than the
 * log is a 410.
 */
export async function listPage<Item>(
  queryRunner: QueryRunner,
  kind: KindDefinition,
  options: PageOptions<Item>,
  read: ReadRow<Item>,
): Promise<ListResult<Item>> {
  const [meta] = (await queryRunner.query('SELECT rv, compacted FROM meta')) as [{ rv: string; compacted: string }];
  const from: ContinueToken = options.continue
    ? decodeContinue(options.continue)
    : { revision: Number(meta.rv), namespace: '', name: '' };
  if (from.revision < Number(meta.compacted) || from.revision > Number(meta.rv)) {
    throw expired('the provided continue parameter is too old; start the list again without it');
  }
  const { revision } = from;
  const { matches } = options;
  const limit = options.limit && options.limit > 0 ? options.limit : Infinity;
  const after = (key: Key) => [kind.group, kind.kind, revision, key.namespace, key.name, options.namespace ?? null];
  const items: Item[] = [];
  for (let position: Key = from; ;) {
    const rowLimit = limit === Infinity ? null : matches ? Math.max(limit + 1, SEARCHED_ROWS) : limit + 1;
    const rows = (await queryRunner.query(`${STATE_AT} ORDER BY namespace, name LIMIT $7`, [
      ...after(position),
      rowLimit,
    ])) as StoredRow[];
    for (const row of rows) {
      if (items.length === limit) {
        const remaining = matches ? undefined : await countRows(queryRunner, after(position));
        return {
          items,
          revision,
          continue: encodeContinue({ revision, namespace: position.namespace, name: position.name }),
          ...(remaining !== undefined && { remaining }),
        };
      }
      const item = read(row);
      if (!matches || matches(item)) items.push(item);
      position = row;
    }
    if (rowLimit === null || rows.length < rowLimit) return { items, revision };
  }
}

export type PageOptions<Item> = Omit<ListOptions, 'matches'> & { readonly matches?: (item: Item) => boolean };

type Key = Pick<ContinueToken, 'namespace' | 'name'>;

/** Rows read at once in search of those that match: few of many may. */
const SEARCHED_ROWS = 500;

async function countRows(queryRunner: QueryRunner, parameters: readonly unknown[]): Promise<number> {
  const [{ count }] = (await queryRunner.query(`SELECT count(*) AS count FROM (${STATE_AT}) AS rest`, [
    ...parameters,
  ])) as [{ count: string }];
  return Number(count);
}

const WANTED = `api_group = $1 AND kind = $2 AND (namespace, name) > ($4, $5) AND ($6::text IS NULL OR namespace = $6)`;

/** The objects of a kind after a key, as they were at revision $3. A row not written since then is in `object`. */
const STATE_AT = `
  SELECT ${STORED_COLUMNS} FROM object WHERE ${WANTED} AND rv <= $3
  UNION ALL
  SELECT api_group, kind, namespace, name, uid, prev_rv, prev::text FROM (
    SELECT DISTINCT ON (namespace, name) api_group, kind, namespace, name, uid, prev_rv, prev
    FROM object_log WHERE ${WANTED} AND rv > $3
    ORDER BY namespace, name, rv
  ) AS later WHERE prev_rv IS NOT NULL`;
