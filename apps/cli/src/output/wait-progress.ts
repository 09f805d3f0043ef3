import ora from 'ora';
import { appliedName } from './applied.js';
import type { NamedObject } from './applied.js';
import { printable } from './style.js';
import type { OutputStream } from './style.js';

interface Awaited {
  readonly object: NamedObject;
  readonly missing: string;
}

/** How far a wait is: a spinner on a terminal, a line for each object that becomes ready elsewhere. */
export class WaitProgress {
  readonly #spinner;
  #before: readonly Awaited[] = [];

  constructor(private readonly stream: OutputStream) {
    // A terminal of no width (a container's before its first resize) makes ora count lines for ever.
    const isTerminal = stream.isTTY === true && (stream.columns ?? 0) > 0;
    this.#spinner = isTerminal
      ? ora({ stream: stream as NodeJS.WriteStream, discardStdin: false }).start('Waiting')
      : undefined;
  }

  show(pending: readonly Awaited[]): void {
    const left = new Set(pending.map(({ object }) => appliedName(object)));
    for (const { object } of this.#before) {
      const name = appliedName(object);
      if (!left.has(name)) this.#line(`${name} ready`);
    }
    this.#before = pending;
    const [first] = pending;
    if (first && this.#spinner) {
      const others = pending.length > 1 ? ` and ${pending.length - 1} more` : '';
      this.#spinner.text = printable(`Waiting for ${appliedName(first.object)}${others} (${first.missing})`);
    }
  }

  stop(): void {
    this.#spinner?.stop();
  }

  #line(text: string): void {
    this.#spinner?.clear();
    this.stream.write(`${printable(text)}\n`);
  }
}
