import type { OutputStream, Style } from '../output/style.js';
import { parseLogLine, renderLogLine, warnLevel } from './log-line.js';

/** Shows what the children print: readable lines on a terminal, their own lines untouched elsewhere. */
export class LogView {
  /** During the start only warnings are shown, between the steps. */
  private lowestLevel = warnLevel;
  /** Set while a spinner owns the last line of the terminal. */
  around: (print: () => void) => void = (print) => print();

  constructor(
    private readonly stream: OutputStream,
    private readonly style: Style,
  ) {}

  showFrom(level: number): void {
    this.lowestLevel = level;
  }

  write(program: string, text: string): void {
    if (text === '') return;
    const line = parseLogLine(text);
    if (line.level < this.lowestLevel) return;
    const shown = this.stream.isTTY ? renderLogLine(program, line, this.style) : text;
    this.around(() => void this.stream.write(`${shown}\n`));
  }
}
