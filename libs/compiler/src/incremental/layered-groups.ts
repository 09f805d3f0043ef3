import { LayeredMap } from './layered-map.js';

/**
 * Members by group, on top of another such map. Each group is layered for itself, so that one more member in a group of
 * 100,000 costs one write.
 */
export class LayeredGroups<Value> {
  #own = new Map<string, LayeredMap<Value>>();
  readonly #below: LayeredGroups<Value> | undefined;

  constructor(below?: LayeredGroups<Value>) {
    this.#below = below;
  }

  get(group: string, member: string): Value | undefined {
    return this.#group(group)?.get(member);
  }

  set(group: string, member: string, value: Value): void {
    this.#writable(group).set(member, value);
  }

  delete(group: string, member: string): void {
    this.#writable(group).delete(member);
  }

  isEmpty(group: string): boolean {
    return this.#group(group)?.isEmpty ?? true;
  }

  /** In no order. */
  *members(group: string): IterableIterator<[member: string, Value]> {
    yield* this.#group(group)?.entries() ?? [];
  }

  /** Writes all this into what is below. Groups that nobody is left in go. */
  merge(): void {
    const below = this.#below!;
    for (const [group, members] of this.#own) {
      const known = below.#own.get(group);
      if (known === undefined) below.#own.set(group, members);
      else members.merge();
      if (below.#own.get(group)!.isEmpty) below.#own.delete(group);
    }
    this.#own = new Map();
  }

  #group(group: string): LayeredMap<Value> | undefined {
    const own = this.#own.get(group);
    if (own !== undefined || this.#below === undefined) return own;
    return this.#below.#group(group);
  }

  #writable(group: string): LayeredMap<Value> {
    let members = this.#own.get(group);
    if (members === undefined) {
      members = new LayeredMap(this.#below === undefined ? undefined : this.#below.#group(group));
      this.#own.set(group, members);
    }
    return members;
  }
}
