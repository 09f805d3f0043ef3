import type { Usage } from '#libs/inference';
import { isObject, member } from '../../json/members.js';
import { ChoiceParts, type PartSink } from './choice-parts.js';
import { finishReasonOf, indexOf, readChunk } from './read-chunk.js';

/**
 * Takes chunks of a streamed answer apart; and a plain answer, too, which is as if all of its chunks were one: what is
 * called `delta` there is `message` here.
 */
export class ChunkParts {
  /** Why the answer can't be told in parts; nothing more is taken then. */
  fault: string | undefined = undefined;
  private readonly sink: PartSink;
  private hasStarted = false;
  private usage: Usage | undefined = undefined;
  private readonly choices = new Map<number, ChoiceParts>();

  constructor(sink: PartSink) {
    this.sink = sink;
  }

  take(chunk: Readonly<Record<string, unknown>>): void {
    if (this.fault !== undefined) return;
    this.start(chunk);
    const { choices, usage } = readChunk(chunk);
    this.usage = usage ?? this.usage;
    for (const choice of choices) {
      const parts = this.choice(indexOf(choice));
      const delta = member(choice, 'delta') ?? member(choice, 'message');
      if (isObject(delta)) this.fault ??= parts.delta(delta);
      const reason = finishReasonOf(choice);
      if (reason !== undefined) parts.finish(reason);
    }
  }

  /** The answer is whole. A choice without a reason of its own has one all the same for whoever reads on. */
  end(): void {
    for (const parts of this.choices.values()) parts.finish('');
    if (this.usage !== undefined) this.sink.part({ type: 'Usage', usage: this.usage });
  }

  private start(chunk: Readonly<Record<string, unknown>>): void {
    if (this.hasStarted) return;
    this.hasStarted = true;
    const { id, model, created } = chunk;
    this.sink.part({
      type: 'Start',
      id: typeof id === 'string' ? id : '',
      model: typeof model === 'string' ? model : '',
      created: typeof created === 'number' ? created : 0,
    });
  }

  private choice(index: number): ChoiceParts {
    let parts = this.choices.get(index);
    if (parts === undefined) {
      parts = new ChoiceParts(index, this.sink);
      this.choices.set(index, parts);
    }
    return parts;
  }
}
