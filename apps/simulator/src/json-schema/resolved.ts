export type Schema = Readonly<Record<string, unknown>>;

/** References that lead to references; a circle of them alone means nothing. */
const MAX_STEPS = 16;

/**
 * A schema without references and branches: what `$ref` names, all of `allOf` and one branch of `anyOf` and `oneOf` are
 * laid over each other. `choose` says which branch.
 */
export function resolved(
  given: unknown,
  root: unknown,
  choose: (branches: readonly unknown[]) => unknown,
  steps = MAX_STEPS,
): Schema {
  if (typeof given !== 'object' || given === null || steps === 0) return {};
  const { $ref, allOf, anyOf, oneOf, ...own } = given as Schema;
  const parts: unknown[] = [];
  if (typeof $ref === 'string') parts.push(at(root, $ref));
  if (Array.isArray(allOf)) parts.push(...(allOf as unknown[]));
  for (const branches of [anyOf, oneOf]) {
    if (Array.isArray(branches) && branches.length > 0) parts.push(choose(branches));
  }
  return parts.reduce<Schema>((merged, part) => laidOver(merged, resolved(part, root, choose, steps - 1)), own);
}

/** What a reference within the same document names: a JSON pointer after `#`. */
function at(root: unknown, reference: string): unknown {
  if (!reference.startsWith('#')) return {};
  return reference
    .slice(1)
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (value, segment) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, segment)
          ? (value as Schema)[segment]
          : undefined,
      root,
    );
}

function laidOver(below: Schema, above: Schema): Schema {
  const merged: Record<string, unknown> = { ...below, ...above };
  if (below['properties'] !== undefined && above['properties'] !== undefined) {
    merged['properties'] = { ...(below['properties'] as object), ...(above['properties'] as object) };
  }
  if (Array.isArray(below['required']) && Array.isArray(above['required'])) {
    merged['required'] = [...(below['required'] as unknown[]), ...(above['required'] as unknown[])];
  }
  return merged;
}
