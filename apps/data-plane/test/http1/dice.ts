import { seededRandom } from '#libs/testing';

/** Seeded chance in the words of a generator. */
export class Dice {
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** True in `percent` of all cases. */
  chance(percent: number): boolean {
    return this.random() * 100 < percent;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  letter(alphabet: string): string {
    return alphabet[this.below(alphabet.length)]!;
  }

  /** Text of up to `most` characters of the alphabet. */
  text(alphabet: string, most: number): string {
    let text = '';
    for (let left = this.below(most + 1); left > 0; left -= 1) text += this.letter(alphabet);
    return text;
  }
}
