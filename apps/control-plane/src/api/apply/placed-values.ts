import { badRequest, isMap, readJSON, readYAML } from '#libs/apimachinery';
import { asBadRequest, bodyText } from '../request/body.js';

/** A value of a body, and where it stands. */
export interface PlacedValue {
  /** For messages: `document 2, line 14`, `document 2, line 14, items[3]`, `the body`. */
  readonly place: string;
  /** As `readYAML` counts documents; 0: the body is JSON, which has no lines worth naming. */
  readonly document: number;
  /** Path of the value within its document: `items[3]` of a `List`, else ''. */
  readonly path: string;
  readonly value: unknown;
}

/** Throws a 400. */
export function readJSONBody(body: Buffer): PlacedValue[] {
  const value = asBadRequest(() => readJSON(bodyText(body)));
  return itemsOf({ place: 'the body', document: 0, path: '', value });
}

/** Throws a 400. */
export function readYAMLBody(body: Buffer): PlacedValue[] {
  const text = bodyText(body);
  const documents = asBadRequest(() => readYAML(text));
  return documents.flatMap(({ number, line, value }) =>
    itemsOf({ place: `document ${number}, line ${line}`, document: number, path: '', value }),
  );
}

/** A `List` counts as its items. */
function itemsOf(placed: PlacedValue): PlacedValue[] {
  const { place, value } = placed;
  if (!isMap(value) || value.kind !== 'List' || value.apiVersion !== 'v1') return [placed];
  if (!Array.isArray(value.items)) throw badRequest(`${place}: items: must be a list`);
  return value.items.map((item: unknown, index) => ({
    place: `${place}, items[${index}]`,
    document: placed.document,
    path: `items[${index}]`,
    value: item,
  }));
}
