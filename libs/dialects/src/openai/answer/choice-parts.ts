import type { AnswerSink } from '../../answer/answer-sink.js';
import { isObject, member } from '../../json/members.js';
import { unifiedReason } from './finish-reasons.js';

/** Where parts go. */
export type PartSink = Pick<AnswerSink, 'part'>;

/** A tool call that has begun upstream. */
interface OpenCall {
  /** -1: its name hasn't come yet, and so it hasn't begun for anyone else. */
  call: number;
  id: string;
  name: string;
  /** Arguments that came before the name. */
  early: string;
  hasEnded: boolean;
}

/** One choice's parts, from its deltas or from its whole message. */
export class ChoiceParts {
  private readonly choice: number;
  private readonly sink: PartSink;
  /** By their index upstream; of those that share one, the last. */
  private readonly calls = new Map<number, OpenCall>();
  /** The one whose pieces come; all before it have ended. */
  private open: OpenCall | undefined = undefined;
  private begun = 0;
  private hasFinished = false;

  constructor(choice: number, sink: PartSink) {
    this.choice = choice;
    this.sink = sink;
  }

  /** Returns why it can't be told in parts; undefined: it can. */
  delta(delta: Readonly<Record<string, unknown>>): string | undefined {
    const { choice, sink } = this;
    if (this.hasFinished) return undefined;
    if (isObject(delta['audio'])) return 'the answer holds audio';
    // DeepSeek and its kin; OpenRouter.
    const reasoning = textOf(delta['reasoning_content']) || textOf(delta['reasoning']);
    if (reasoning !== '') sink.part({ type: 'Reasoning', choice, text: reasoning });
    this.content(delta['content']);
    const refusal = textOf(delta['refusal']);
    if (refusal !== '') sink.part({ type: 'Refusal', choice, text: refusal });
    const calls = delta['tool_calls'];
    if (Array.isArray(calls)) return this.toolCalls(calls as readonly unknown[]);
    // The form before `tool_calls`: one call, without an id.
    return isObject(delta['function_call'])
      ? this.toolCalls([{ index: 0, function: delta['function_call'] }])
      : undefined;
  }

  finish(reason: string): void {
    if (this.hasFinished) return;
    this.hasFinished = true;
    this.endCall();
    this.sink.part({ type: 'Finish', choice: this.choice, reason: unifiedReason(reason), raw: reason });
  }

  /** A text, or a list of typed pieces (Mistral). */
  private content(content: unknown): void {
    const { choice, sink } = this;
    if (!Array.isArray(content)) {
      const text = textOf(content);
      if (text !== '') sink.part({ type: 'Text', choice, text });
      return;
    }
    for (const piece of content as readonly unknown[]) {
      const thinking = member(piece, 'thinking');
      if (Array.isArray(thinking)) {
        for (const thought of thinking as readonly unknown[]) {
          const text = textOf(member(thought, 'text'));
          if (text !== '') sink.part({ type: 'Reasoning', choice, text });
        }
      } else {
        const text = textOf(member(piece, 'text'));
        if (text !== '') sink.part({ type: 'Text', choice, text });
      }
    }
  }

  private toolCalls(deltas: readonly unknown[]): string | undefined {
    for (const [position, delta] of deltas.entries()) {
      const index = member(delta, 'index');
      const id = textOf(member(delta, 'id'));
      const name = textOf(member(member(delta, 'function'), 'name'));
      const text = argumentsOf(member(member(delta, 'function'), 'arguments'));
      if (text === undefined) return 'the arguments of a tool call are nested too deep';
      const call = this.callAt(typeof index === 'number' ? index : position, id, name);
      if (call.id === '') call.id = id;
      if (call.name === '') call.name = name;
      if (call.hasEnded && text !== '') return 'the arguments of several tool calls are mixed';
      this.callDelta(call, text);
    }
    return undefined;
  }

  private callAt(upstreamIndex: number, id: string, name: string): OpenCall {
    const known = this.calls.get(upstreamIndex);
    if (known !== undefined && !isAnother(known, id, name)) return known;
    this.endCall();
    const call = { call: -1, id: '', name: '', early: '', hasEnded: false };
    this.calls.set(upstreamIndex, call);
    this.open = call;
    return call;
  }

  private callDelta(open: OpenCall, text: string): void {
    open.early += text;
    if (open.name !== '') this.tell(open);
  }

  private tell(open: OpenCall): void {
    const { choice, sink } = this;
    if (open.call === -1) {
      open.call = this.begun++;
      sink.part({ type: 'ToolCallStart', choice, call: open.call, id: open.id, name: open.name });
    }
    if (open.early !== '') sink.part({ type: 'ToolCallDelta', choice, call: open.call, arguments: open.early });
    open.early = '';
  }

  /** One that never got a name isn't lost. */
  private endCall(): void {
    const { open } = this;
    if (open === undefined) return;
    this.open = undefined;
    open.hasEnded = true;
    this.tell(open);
    this.sink.part({ type: 'ToolCallEnd', choice: this.choice, call: open.call });
  }
}

/**
 * Gemini's endpoint for OpenAI's clients sends every call at index 0, or at none. An id alone shows nothing: some servers
 * make a new one for each piece.
 */
function isAnother(known: OpenCall, id: string, name: string): boolean {
  return name !== '' && known.name !== '' && id !== '' && known.id !== '' && id !== known.id;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** JSON text; some servers send the object itself. undefined: it was parsed, but is too deep to be printed. */
function argumentsOf(value: unknown): string | undefined {
  if (!isObject(value)) return textOf(value);
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
