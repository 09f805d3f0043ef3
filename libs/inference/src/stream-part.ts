import type { FinishReason } from './finish-reason.js';
import type { Usage } from './usage.js';

/**
 * One piece of an answer, in no provider's words. A reader of any dialect makes parts, a writer of any dialect makes an
 * answer of them; a plain answer is the fold of the same parts, so that the two can't differ. The order: `Start`; then of each
 * choice its content and its `Finish`, choices mixed as they come; `Usage` last. An upstream's error is no part: it ends
 * the answer, and is classified first.
 */
export type StreamPart =
  | StartPart
  | TextPart
  | RefusalPart
  | ReasoningPart
  | ToolCallStartPart
  | ToolCallDeltaPart
  | ToolCallEndPart
  | FinishPart
  | UsagePart;

export interface StartPart {
  readonly type: 'Start';
  /** The upstream's own names for the answer and its model; '' where it gave none. */
  readonly id: string;
  readonly model: string;
  /** Seconds since the epoch; 0: not told. */
  readonly created: number;
}

/** Members of all parts that belong to one of several choices. */
interface OfChoice {
  /** From 0. */
  readonly choice: number;
}

export interface TextPart extends OfChoice {
  readonly type: 'Text';
  readonly text: string;
}

/** Text by which the model declines, where the provider keeps it apart. */
export interface RefusalPart extends OfChoice {
  readonly type: 'Refusal';
  readonly text: string;
}

export interface ReasoningPart extends OfChoice {
  readonly type: 'Reasoning';
  readonly text: string;
}

/** Start, deltas and end of one call share `call`: from 0, dense within its choice. */
export interface ToolCallStartPart extends OfChoice {
  readonly type: 'ToolCallStart';
  readonly call: number;
  readonly id: string;
  readonly name: string;
}

export interface ToolCallDeltaPart extends OfChoice {
  readonly type: 'ToolCallDelta';
  readonly call: number;
  /** A piece of the arguments' JSON text. */
  readonly arguments: string;
}

export interface ToolCallEndPart extends OfChoice {
  readonly type: 'ToolCallEnd';
  readonly call: number;
}

export interface FinishPart extends OfChoice {
  readonly type: 'Finish';
  readonly reason: FinishReason;
  /** The provider's own word. */
  readonly raw: string;
}

export interface UsagePart {
  readonly type: 'Usage';
  readonly usage: Usage;
}
