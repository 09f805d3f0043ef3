import ora from 'ora';
import type { LogView } from './log-view.js';

/** Steps of a start: a spinner that becomes a tick on a terminal, one line a step elsewhere. */
export class Progress {
  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly log: LogView,
  ) {}

  async step<Result>(text: string, work: () => Promise<Result>): Promise<Result> {
    const spinner = ora({ text, stream: this.stream, discardStdin: false, hideCursor: this.stream.isTTY });
    if (!this.stream.isTTY) this.stream.write(`${text} ...\n`);
    else {
      spinner.start();
      this.log.around = (print) => {
        spinner.clear();
        print();
        spinner.render();
      };
    }
    const startedAt = performance.now();
    try {
      const result = await work();
      if (this.stream.isTTY) spinner.succeed(`${text} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
      return result;
    } catch (error) {
      if (this.stream.isTTY) spinner.fail(text);
      throw error;
    } finally {
      this.log.around = (print) => print();
    }
  }
}
