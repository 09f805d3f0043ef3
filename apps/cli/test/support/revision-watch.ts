import type { KindDefinition } from '#libs/apimachinery';
import type { AdminClient } from '#libs/testing';

interface WatchEvent {
  readonly type: string;
  readonly object: { metadata?: { resourceVersion?: string }; code?: number; message?: string };
}

/** A watch over one kind that resumes, after whatever cut it, from the last resourceVersion it saw. Bookmarks aren't used. */
export class RevisionWatch {
  /** In the order of arrival, over all connections. */
  readonly revisions: number[] = [];
  /** An ERROR event: the server refused to resume. */
  failure: string | undefined;
  private readonly abort = new AbortController();
  private readonly running: Promise<void>;

  constructor(
    private readonly admin: AdminClient,
    private readonly kind: KindDefinition,
    private last: number,
  ) {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const root = this.kind.group === '' ? '/api/v1' : `/apis/${this.kind.group}/v1`;
    while (!this.abort.signal.aborted && this.failure === undefined) {
      try {
        const path = `${root}/${this.kind.plural}?watch=true&resourceVersion=${this.last}`;
        const response = await this.admin.request(path, { signal: this.abort.signal });
        let rest = '';
        for await (const chunk of response.body ?? []) {
          const lines = (rest + Buffer.from(chunk as Uint8Array).toString()).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) this.see(JSON.parse(line) as WatchEvent);
        }
      } catch {
        // Cut, refused or aborted: the loop decides.
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  private see({ type, object }: WatchEvent): void {
    if (type === 'ERROR') {
      this.failure = `${this.kind.plural}: ${object.code} ${object.message}`;
      return;
    }
    if (type === 'BOOKMARK') return;
    this.last = Number(object.metadata?.resourceVersion);
    this.revisions.push(this.last);
  }
}
