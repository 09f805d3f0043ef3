import ora from 'ora';
import type { LogView } from './log-view.js';

/** Steps of a start: a spinner that becomes a tick on a terminal, one line a step elsewhere. */
export class Progress {
  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly log: LogView,
  ) {}

  step<Result>(text: string, work: () => Promise<Result>): Promise<Result> {
    // A terminal of no width (a container's before its first resize) makes ora count lines for ever.
    if (this.stream.isTTY && this.stream.columns > 0) return this.spin(text, work);
    this.stream.write(`${text} ...\n`);
    return work();
  }

  private async spin<Result>(text: string, work: () => Promise<Result>): Promise<Result> {
    const spinner = ora({ text, stream: this.stream, discardStdin: false }).start();
    this.log.around = (print) => {
      spinner.clear();
      print();
      spinner.render();
    };
    const startedAtMs = performance.now();
    try {
      const result = await work();
      spinner.succeed(`${text} (${((performance.now() - startedAtMs) / 1000).toFixed(1)} s)`);
      return result;
    } catch (error) {
      spinner.fail(text);
      throw error;
    } finally {
      this.log.around = (print) => print();
    }
  }
}
