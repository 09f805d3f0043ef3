import type { ServerResponse } from 'node:http';

const tickMs = 1;

/**
 * Streams that never end, served in turn: however many there are, together they get one number of chunks a second, as
 * evenly in time as a timer of a millisecond allows. So what a chunk costs among 2,000 streams compares with 32.
 */
export class SharedRate {
  private readonly streams: ServerResponse[] = [];
  private position = 0;
  private owed = 0;
  private lastMs = 0;
  private timer: NodeJS.Timeout | undefined = undefined;

  constructor(
    private readonly perSecond: number,
    private readonly chunk: Buffer,
  ) {}

  add(stream: ServerResponse): void {
    this.streams.push(stream);
    stream.on('close', () => this.remove(stream));
    if (this.timer !== undefined) return;
    this.lastMs = performance.now();
    this.timer = setInterval(() => this.tick(), tickMs);
  }

  private remove(stream: ServerResponse): void {
    const index = this.streams.indexOf(stream);
    if (index >= 0) this.streams.splice(index, 1);
    if (this.streams.length > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.owed = 0;
  }

  private tick(): void {
    const nowMs = performance.now();
    this.owed += ((nowMs - this.lastMs) * this.perSecond) / 1_000;
    this.lastMs = nowMs;
    for (; this.owed >= 1; this.owed -= 1) {
      this.position = (this.position + 1) % this.streams.length;
      this.streams[this.position]?.write(this.chunk);
    }
  }
}
