import type { ServerResponse } from 'node:http';
import { ApiError, expired, internal } from '#libs/apimachinery';
import type { Gauge, Logger } from '#libs/telemetry';
import { ExpiredRevisionError } from '../../store/expired-revision-error.js';
import type { Change, ChangeFeed } from '../../store/object-store.js';
import type { Reader } from '../objects/read.js';
import type { ResourceTarget } from '../objects/resource-target.js';
import { selectionOf } from '../objects/selection.js';
import type { Call } from '../request/call.js';
import { EventFrames, frame } from './event-frames.js';
import { type WatchFilter, watchEventOf } from './watch-filter.js';
import { type WatchOptions, watchOptionsOf } from './watch-options.js';
import { WatchStream } from './watch-stream.js';

const BOOKMARK_EVERY_MS = 60_000;

export interface WatcherOptions {
  readonly feed: ChangeFeed;
  readonly reader: Reader;
  readonly logger: Logger;
  readonly openWatches: Pick<Gauge, 'set'>;
  readonly nowMs: () => number;
  readonly bookmarkEveryMs?: number;
}

/** Serves watches and ends them all at shutdown. */
export class Watcher {
  private readonly streams = new Set<WatchStream>();
  private readonly frames: EventFrames;

  constructor(private readonly options: WatcherOptions) {
    this.frames = new EventFrames(options.nowMs);
  }

  /** Checks the request, throwing an ApiError while there is still a status to answer with, then takes the response over. */
  prepare(call: Call, target: ResourceTarget): (response: ServerResponse) => Promise<void> {
    const options = watchOptionsOf(call);
    const filter: WatchFilter = { ...target, selection: selectionOf(call.query, target.name) };
    return (response) => this.serve(response, filter, options);
  }

  endAll(): void {
    for (const stream of this.streams) stream.end();
  }

  private async serve(response: ServerResponse, filter: WatchFilter, options: WatchOptions): Promise<void> {
    const closers: (() => void)[] = [];
    const stream = new WatchStream(response, () => {
      for (const close of closers) close();
      this.streams.delete(stream);
      this.options.openWatches.set(this.streams.size);
    });
    this.streams.add(stream);
    this.options.openWatches.set(this.streams.size);
    const timeout = setTimeout(() => stream.end(), options.timeoutMs);
    closers.push(() => clearTimeout(timeout));
    try {
      await this.follow(stream, filter, options, closers);
    } catch (error) {
      this.fail(stream, error);
    }
  }

  private async follow(
    stream: WatchStream,
    filter: WatchFilter,
    options: WatchOptions,
    closers: (() => void)[],
  ): Promise<void> {
    const { kind } = filter;
    let revision = await this.begin(stream, filter, options);
    const subscription = await this.options.feed.subscribe(
      revision,
      (changes) => {
        for (const change of changes) this.send(stream, change, filter, options);
        revision = changes.at(-1)?.lastRevision ?? revision;
      },
      (error) => this.fail(stream, error),
    );
    if (!stream.open) return subscription.close();
    closers.push(() => subscription.close());
    if (!options.bookmarks) return;
    const timer = setInterval(
      () => stream.send(this.frames.bookmark(kind, revision, options.form, false)),
      this.options.bookmarkEveryMs ?? BOOKMARK_EVERY_MS,
    );
    closers.push(() => clearInterval(timer));
  }

  /** Sends the state that the watch starts with; returns the revision after which changes follow. */
  private async begin(stream: WatchStream, filter: WatchFilter, { start, form }: WatchOptions): Promise<number> {
    if (start.type === 'after') return start.revision;
    if (start.type === 'now') return this.options.feed.revision;
    const { kind, scope, selection } = filter;
    const { items, revision } = await this.options.reader.page(kind, scope, selection);
    for (const object of items) {
      stream.send(this.frames.ofObject(kind, 'ADDED', object, form));
      await stream.caughtUp();
    }
    if (start.bookmark) stream.send(this.frames.bookmark(kind, revision, form, true));
    return revision;
  }

  private send(stream: WatchStream, change: Change, filter: WatchFilter, { form }: WatchOptions): void {
    const event = watchEventOf(change, filter);
    if (event) stream.send(this.frames.ofChange(change, event, form));
  }

  /** The headers are out, so an error is an event: the client lists again (410) or tries again. */
  private fail(stream: WatchStream, error: unknown): void {
    if (!stream.open) return;
    if (error instanceof ExpiredRevisionError) {
      stream.send(frame('ERROR', expired(`too old or unknown resource version: ${error.requested}`).toStatus()));
    } else if (error instanceof ApiError) {
      stream.send(frame('ERROR', error.toStatus()));
    } else {
      this.options.logger.error({ err: error }, 'watch failed');
      stream.send(frame('ERROR', internal().toStatus()));
    }
    stream.end();
  }
}
