import type { QueryRunner } from 'typeorm';
import { expired } from '#libs/apimachinery';
import type { KindDefinition } from '#libs/resources';
import { decodeContinue, encodeContinue, type ContinueToken } from './continue-token.js';
import type { ObjectCodec } from './object-codec.js';
import type { ListOptions, ListResult } from './object-store.js';
import { decodeRow, STORED_COLUMNS, type StoredRow } from './stored-object.js';

/**
 * One page of a list, within a REPEATABLE READ transaction. All pages show the revision of the first: what changed
 * since is taken from the log, as the first row after that revision holds the state before it. A token older than the
 * log is a 410.
 */
export async function listPage(
  queryRunner: QueryRunner,
  kind: KindDefinition,
  options: ListOptions,
  codec: ObjectCodec,
): Promise<ListResult> {
  const [meta] = (await queryRunner.query('SELECT rv, compacted FROM meta')) as [{ rv: string; compacted: string }];
  const from: ContinueToken = options.continue
    ? decodeContinue(options.continue)
    : { revision: Number(meta.rv), namespace: '', name: '' };
  if (from.revision < Number(meta.compacted) || from.revision > Number(meta.rv)) {
    throw expired('the provided continue parameter is too old; start the list again without it');
  }
  const limit = options.limit && options.limit > 0 ? options.limit : undefined;
  const parameters = [kind.group, kind.kind, from.revision, from.namespace, from.name, options.namespace ?? null];
  const rows = (await queryRunner.query(`${STATE_AT} ORDER BY namespace, name LIMIT $7`, [
    ...parameters,
    limit === undefined ? null : limit + 1,
  ])) as StoredRow[];

  const page = rows.slice(0, limit);
  const items = page.map((row) => decodeRow(row, kind, codec));
  const last = page.at(-1);
  if (!last || rows.length === page.length) return { items, revision: from.revision };
  const [{ count }] = (await queryRunner.query(`SELECT count(*) AS count FROM (${STATE_AT}) AS rest`, parameters)) as [
    { count: string },
  ];
  return {
    items,
    revision: from.revision,
    continue: encodeContinue({ revision: from.revision, namespace: last.namespace, name: last.name }),
    remaining: Number(count) - page.length,
  };
}

const WANTED = `api_group = $1 AND kind = $2 AND (namespace, name) > ($4, $5) AND ($6::text IS NULL OR namespace = $6)`;

/** The objects of a kind after a key, as they were at revision $3. A row not written since then is in `object`. */
const STATE_AT = `
  SELECT ${STORED_COLUMNS} FROM object WHERE ${WANTED} AND rv <= $3
  UNION ALL
  SELECT api_group, kind, namespace, name, uid, prev_rv, prev FROM (
    SELECT DISTINCT ON (namespace, name) api_group, kind, namespace, name, uid, prev_rv, prev
    FROM object_log WHERE ${WANTED} AND rv > $3
    ORDER BY namespace, name, rv
  ) AS later WHERE prev_rv IS NOT NULL`;
