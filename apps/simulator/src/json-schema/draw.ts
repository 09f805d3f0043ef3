/** Where drawn values come from: the same source and words give the same values. */
export interface Draw {
  /** From 0 up to 1. */
  readonly random: () => number;
  /** At least one. */
  readonly words: readonly string[];
}

/** A whole number, both ends included. */
export function between(draw: Draw, low: number, high: number): number {
  return low + Math.floor(draw.random() * (Math.max(low, high) - low + 1));
}

export function oneOf<Item>(draw: Draw, items: readonly [Item, ...Item[]] | readonly Item[]): Item {
  const item = items[between(draw, 0, items.length - 1)];
  if (item === undefined && items.length === 0) throw new Error('nothing to choose from');
  return item as Item;
}
