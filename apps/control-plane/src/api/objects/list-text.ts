import { apiVersionOf, type KindDefinition } from '#libs/apimachinery';

/** Some hundred KiB: what one turn of the event loop makes of a long list, so that others get theirs. */
const ITEMS_A_PIECE = 200;

/** A list made of its items' JSON texts, in pieces that are made as the client takes them. */
export function* listText(
  kind: KindDefinition,
  metadata: Record<string, unknown>,
  items: readonly string[],
): Generator<Buffer> {
  const { kind: name } = kind;
  const head = JSON.stringify({ kind: `${name}List`, apiVersion: apiVersionOf(kind), metadata }).slice(0, -1);
  let piece = `${head},"items":[`;
  for (let from = 0; from < items.length; from += ITEMS_A_PIECE) {
    yield Buffer.from(piece + items.slice(from, from + ITEMS_A_PIECE).join(','));
    piece = ',';
  }
  yield Buffer.from(items.length > 0 ? ']}' : `${piece}]}`);
}
