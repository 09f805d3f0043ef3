import type { Concern } from '../concerns/concern.js';
import { concerns } from '../concerns/index.js';
import { conditionsOf } from '../conditions/conditions.js';
import type { Verdict } from '../conditions/verdict.js';
import type { CompileChanges, CompileDelta } from './changes.js';
import { Edit } from './edit.js';
import { Memory } from './memory.js';

/**
 * Compile by changes: comes to what `compile` comes to over all objects, and costs what a change reaches. It begins with
 * nothing. Pure but for what it remembers: no I/O, no clock, no randomness.
 *
 * Every change is worked out beside what is remembered, which takes it in at the end and as a whole. So an edit that throws
 * or is given up leaves nothing behind, and a preview is an edit that is given up.
 */
export class IncrementalCompiler {
  readonly #memory = new Memory();
  readonly #concerns: readonly Concern[];

  constructor(steps: readonly Concern[] = concerns) {
    this.#concerns = steps;
  }

  apply(changes: CompileChanges): CompileDelta {
    const steps = this.applyInSteps(changes);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  }

  /**
   * The same in small steps, between which previews may be asked for: they know nothing of it until it is through. One at a
   * time; one that isn't finished has never been.
   */
  *applyInSteps(changes: CompileChanges): Generator<void, CompileDelta> {
    const memory = new Memory(this.#memory);
    const edit = new Edit(memory, this.#concerns);
    yield* edit.take(changes);
    yield* edit.run();
    const delta = edit.delta();
    memory.merge();
    return delta;
  }

  /** The conditions of these objects (see `objectId`) if the changes were made; none: of a kind that isn't compiled. */
  preview(changes: CompileChanges, ids: readonly string[]): (readonly Verdict[])[] {
    const memory = new Memory(this.#memory);
    const edit = new Edit(memory, this.#concerns);
    for (const _ of edit.take(changes));
    for (const _ of edit.run());
    return ids.map((id) => {
      const report = memory.reports.get(id);
      return report === undefined ? [] : conditionsOf(report);
    });
  }
}
