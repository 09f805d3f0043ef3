import type { Look } from '../concerns/concern.js';
import { type Address, addressOf, type Memory } from './memory.js';

/** Shows a unit what is known, and remembers what it looked at besides its own source, absent things included. */
export class RecordingLook implements Look {
  readonly looked = new Set<Address>();
  readonly #memory: Memory;
  readonly #source: Address;

  constructor(memory: Memory, source: Address) {
    this.#memory = memory;
    this.#source = source;
  }

  fact: Look['fact'] = (space, key) => this.#memory.facts.get(this.#note(space, key)) as never;

  claims: Look['claims'] = (space, key) =>
    Array.from(this.#memory.claims.members(this.#note(space, key)), ([, value]) => value) as never;

  #note(space: string, key: string): Address {
    const address = addressOf(space, key);
    if (address !== this.#source) this.looked.add(address);
    return address;
  }
}
