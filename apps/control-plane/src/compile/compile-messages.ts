import type { CompileChanges, CompileDelta, Verdict } from '#libs/compiler';
import type { PackedEntries } from './packed-entries.js';

/** What changed since the last compile. */
export interface CompileRequest extends CompileChanges {
  /** This is everything there is: forget what was there before. */
  readonly reset: boolean;
}

/** Changes that nobody has made: what would compile say of these objects (see `objectId`)? */
export interface PreviewRequest extends CompileChanges {
  readonly preview: readonly string[];
}

export interface CompileResult extends CompileDelta {
  /** After a reset `upserts` is the whole table. */
  readonly reset: boolean;
}

/** In the order of the request; without verdicts: of a kind that isn't compiled. */
export type Preview = readonly (readonly Verdict[])[];

/** To the compile thread. A compile comes in parts, so that nobody is held up by the copying of 100,000 objects. */
export type ThreadRequest = { readonly id: number } & (
  { readonly compile: CompileRequest; readonly more: boolean } | { readonly preview: PreviewRequest }
);

export type ThreadAnswer = { readonly id: number } & (
  | { readonly result: Omit<CompileResult, 'upserts'> & { readonly upserts: readonly PackedEntries[] } }
  | { readonly preview: Preview }
  | { readonly error: string }
);
