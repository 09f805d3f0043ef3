import { applyPatch, createPatch, type Operation } from 'rfc6902';
import { equal } from '#libs/apimachinery';

/**
 * What a row of `object_revision` holds in `object`, as JSON: a whole state; a JSON Patch (RFC 6902), which is a list, on the
 * state of the row before; null, it was deleted.
 */
export type KeptRevision = object | readonly Operation[] | null;

/** Names that the library steps over as part of a path, so that no patch reaches a prototype. */
const STEPPED_OVER = /"(?:__proto__|constructor|prototype)"/;
/** One revision in 32 is kept whole whatever it changed, so that a state is never put together from many. */
const WHOLE_BITS = 5;

/**
 * How the change is kept: by its difference, unless that is more than half of the state. Both sides are JSON values.
 * `previousRevision`: of the state before, which alone decides when a whole one is due.
 */
export function keptRevision(previous: object, next: object, previousRevision: number): KeptRevision {
  const whole = JSON.stringify(next);
  if (isWholeDue(previousRevision) || STEPPED_OVER.test(whole) || STEPPED_OVER.test(JSON.stringify(previous))) {
    return next;
  }
  const patch = createPatch(previous, next, listDifference);
  return JSON.stringify(patch).length > whole.length / 2 ? next : patch;
}

/** The state after the last of these rows; they begin with a whole one, oldest first. undefined: it was deleted. */
export function restoredState(rows: readonly KeptRevision[]): object | undefined {
  let state: object | undefined;
  for (const row of rows) {
    if (!isPatch(row)) {
      state = row ?? undefined;
      continue;
    }
    if (!state) throw new Error('a difference follows no state: read from the last whole one on');
    // The rows are left as they are; what is applied becomes part of the state.
    state = copy(state);
    const refused = applyPatch(state, copy([...row])).find((result) => result !== null);
    if (refused) throw refused;
  }
  return state;
}

const copy = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

function isPatch(row: KeptRevision): row is readonly Operation[] {
  return Array.isArray(row);
}

/** Spreads by Fibonacci hashing: the edits of one object may all have odd revisions, each followed by a status write. */
function isWholeDue(previousRevision: number): boolean {
  return Math.imul(previousRevision, 0x9e3779b1) >>> (32 - WHOLE_BITS) === 0;
}

/** The library's own way with lists compares each element with each: a pool may have ten thousand keys. */
function listDifference(input: unknown, output: unknown, at: { toString(): string }): Operation[] | undefined {
  if (!Array.isArray(input) || !Array.isArray(output)) return undefined;
  const from: readonly unknown[] = input;
  const to: readonly unknown[] = output;
  const shorter = Math.min(from.length, to.length);
  let start = 0;
  while (start < shorter && equal(from[start], to[start])) start++;
  let end = 0;
  while (end < shorter - start && equal(from.at(-1 - end), to.at(-1 - end))) end++;
  const added = to.slice(start, to.length - end);
  const removed = from.length - end - start;
  if (removed !== added.length) {
    const out = Array.from({ length: removed }, (): Operation => ({ op: 'remove', path: `${at.toString()}/${start}` }));
    const into = added.map((value, index): Operation => ({
      op: 'add',
      path: `${at.toString()}/${start + index}`,
      value,
    }));
    return [...out, ...into];
  }
  return added.flatMap((value, index) => {
    const place = `${at.toString()}/${start + index}`;
    return createPatch(from[start + index], value, listDifference).map((step) => ({
      ...step,
      path: place + step.path,
    }));
  });
}
