import type { ApiObject, KindDefinition } from '#libs/apimachinery';
import type { ObjectCodec } from './object-codec.js';
import type { Place } from './place.js';

/** A row of `object`, as the driver reads it. */
export interface StoredRow {
  readonly api_group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly rv: string;
  readonly object: unknown;
}

export const STORED_COLUMNS = 'api_group, kind, namespace, name, uid, rv, object';

export function decodeRow(row: StoredRow, kind: KindDefinition, codec: ObjectCodec): ApiObject {
  const place: Place = { kind, namespace: row.namespace, name: row.name, uid: row.uid };
  return codec.decode(place, row.object, Number(row.rv));
}

/** Kinds by their stored name. */
export class KindIndex {
  readonly #kinds: ReadonlyMap<string, KindDefinition>;

  constructor(kinds: readonly KindDefinition[]) {
    this.#kinds = new Map(kinds.map((kind) => [`${kind.group}/${kind.kind}`, kind]));
  }

  /** undefined: stored by a version of the product that knows more kinds. */
  find(group: string, kind: string): KindDefinition | undefined {
    return this.#kinds.get(`${group}/${kind}`);
  }
}
