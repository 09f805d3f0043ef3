import { type KindDefinition, resourceName } from '#libs/apimachinery';
import type { ObjectStore } from '../../store/object-store.js';

/** Names of a kind that are shown; the others are counted. */
const MAX_NAMES = 5;

/** What goes with a namespace that is deleted, a line a kind: for whoever asks by a dry run before it is done. */
export async function contentsOf(
  store: Pick<ObjectStore, 'list'>,
  kinds: readonly KindDefinition[],
  namespace: string,
): Promise<string[]> {
  const lines: string[] = [];
  for (const kind of kinds.filter(({ namespaced }) => namespaced)) {
    const { items, remaining = 0 } = await store.list(kind, { namespace, limit: MAX_NAMES });
    if (items.length === 0) continue;
    const names = items.map(({ metadata }) => metadata.name).join(', ');
    const count = items.length + remaining;
    const others = remaining > 0 ? ` and ${remaining} more` : '';
    lines.push(`with namespace "${namespace}" goes: ${resourceName(kind)}: ${count} (${names}${others})`);
  }
  return lines;
}
