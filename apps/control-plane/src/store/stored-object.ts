import type { ApiObject, KindDefinition } from '#libs/apimachinery';
import { type ObjectCodec, textBeginning } from './object-codec.js';
import type { Place } from './place.js';

/** A row of `object`, as the driver reads it. */
export interface StoredRow {
  readonly api_group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly rv: string;
  /** JSON text: who hands it on as it is need not parse it. */
  readonly object: string;
}

export const STORED_COLUMNS = 'api_group, kind, namespace, name, uid, rv, object::text AS object';

/** How a reader wants what it reads. */
export type ReadRow<Item> = (row: StoredRow) => Item;

export const asObject =
  (kind: KindDefinition, codec: ObjectCodec): ReadRow<ApiObject> =>
  (row) => {
    const place: Place = { kind, namespace: row.namespace, name: row.name, uid: row.uid };
    return codec.decode(place, JSON.parse(row.object), Number(row.rv));
  };

/**
 * The object's JSON with its resourceVersion put in, for a kind whose stored form is what clients see. What begins in another
 * way than `ObjectCodec` writes is parsed.
 */
export function asText(kind: KindDefinition, codec: ObjectCodec): ReadRow<string> {
  const beginning = textBeginning(kind);
  const parsed = asObject(kind, codec);
  return (row) =>
    row.object.startsWith(beginning)
      ? `${beginning}"resourceVersion":"${row.rv}",${row.object.slice(beginning.length)}`
      : JSON.stringify(parsed(row));
}
