import { finishReasonOf, indexOf } from './read-chunk.js';

/**
 * Which of an answer's choices have ended. An answer of several that breaks off after the first one's finish reason is
 * not whole: each that was seen needs its own, and as many as were asked for have to have one.
 */
export class ChoiceEnds {
  private endedCount = 0;
  private seenCount = 0;
  /** By index: has it ended? Nearly always one. */
  private readonly choices: boolean[] = [];

  constructor(private readonly expected: number) {}

  note(choices: readonly unknown[]): void {
    for (const choice of choices) {
      const index = Math.min(indexOf(choice), MAX_CHOICES);
      if (this.choices[index] === undefined) {
        this.choices[index] = false;
        this.seenCount += 1;
      }
      if (!this.choices[index] && finishReasonOf(choice) !== undefined) {
        this.choices[index] = true;
        this.endedCount += 1;
      }
    }
  }

  get areAllThere(): boolean {
    return this.endedCount >= this.expected && this.endedCount === this.seenCount;
  }
}

/** An index is the upstream's word; beyond what any allows all are one. */
const MAX_CHOICES = 1024;
