/**
 * The word that was most likely meant: the same in another case, one slip away, or the beginning of exactly one. `undefined`
 * where none is near; a wrong guess is worse than none.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const known = [...candidates];
  const wanted = word.toLowerCase();
  const begun = wanted.length >= 3 ? known.filter((candidate) => candidate.toLowerCase().startsWith(wanted)) : [];
  return (
    known.find((candidate) => candidate.toLowerCase() === wanted) ??
    known.find((candidate) => isOneSlipAway(candidate.toLowerCase(), wanted)) ??
    (begun.length === 1 ? begun[0] : undefined)
  );
}

/** `; did you mean "prod"?`, or nothing: to be put behind what is wrong. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const near = nearest(word, candidates);
  return near === undefined ? '' : `; did you mean "${near}"?`;
}

/** One letter missing, added, changed or swapped. */
function isOneSlipAway(left: string, right: string): boolean {
  if (Math.abs(left.length - right.length) > 1 || Math.min(left.length, right.length) < 2) return false;
  let start = 0;
  while (start < left.length && left[start] === right[start]) start++;
  let end = 0;
  while (
    end < Math.min(left.length, right.length) - start &&
    left[left.length - 1 - end] === right[right.length - 1 - end]
  ) {
    end++;
  }
  const leftRest = left.slice(start, left.length - end);
  const rightRest = right.slice(start, right.length - end);
  if (leftRest.length <= 1 && rightRest.length <= 1) return true;
  return leftRest.length === 2 && rightRest === leftRest.charAt(1) + leftRest.charAt(0);
}
