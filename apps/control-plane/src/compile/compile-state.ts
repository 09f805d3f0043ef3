import { IncrementalCompiler } from '#libs/compiler';
import type { CompileRequest, CompileResult, Preview, PreviewRequest } from './compile-messages.js';

/** What the compile thread remembers between requests. */
export class CompileState {
  #compiler: IncrementalCompiler | undefined;

  /**
   * In small steps, between which `preview` may be called: it goes by what was finished last. If a step throws, or the
   * steps are given up, that stays what later answers are relative to.
   */
  *compile({ reset, ...changes }: CompileRequest): Generator<void, CompileResult> {
    const compiler = reset ? new IncrementalCompiler() : this.#compiler;
    if (compiler === undefined) throw new Error('the first compile must be a reset');
    const delta = yield* compiler.applyInSteps(changes);
    this.#compiler = compiler;
    return { ...delta, reset };
  }

  /** What compile would say with the changes made. Nothing of it is remembered. */
  preview({ preview, ...changes }: PreviewRequest): Preview {
    if (this.#compiler === undefined) throw new Error('nothing has been compiled yet');
    return this.#compiler.preview(changes, preview);
  }
}
