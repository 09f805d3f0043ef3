import { badRequest } from '#libs/apimachinery';
import type { Call } from '../request/call.js';
import { negotiate } from '../request/media-type.js';
import { booleanOf, includeObjectOf, integerOf, resourceVersionOf } from '../request/query.js';
import type { EventForm } from './event-frames.js';

/** Where a watch begins. */
export type WatchStart =
  /** ADDED for every object that matches, then the changes; a bookmark marks the end of the first part if asked for. */
  | { readonly type: 'initialEvents'; readonly bookmark: boolean }
  /** Only what comes after this revision. */
  | { readonly type: 'after'; readonly revision: number }
  /** Only what comes from now on. */
  | { readonly type: 'now' };

export interface WatchOptions {
  readonly start: WatchStart;
  readonly bookmarks: boolean;
  /** The watch ends by itself then; clients open another from the last resourceVersion. */
  readonly timeoutMs: number;
  readonly form: EventForm;
}

const DEFAULT_TIMEOUT_S = 3_600;
const MAX_TIMEOUT_S = 86_400;

/** Reads the query of a watch as the Kubernetes API defines it ("Efficient detection of changes"). Throws a 400. */
export function watchOptionsOf(call: Call): WatchOptions {
  const { query } = call;
  const { table } = negotiate(call.headers.accept as string | undefined, { tables: true, streamed: true });
  const bookmarks = booleanOf(query, 'allowWatchBookmarks') ?? false;
  const timeout = integerOf(query, 'timeoutSeconds') || DEFAULT_TIMEOUT_S;
  return {
    start: startOf(query, bookmarks),
    bookmarks,
    timeoutMs: Math.min(timeout, MAX_TIMEOUT_S) * 1_000,
    form: { table, includeObject: includeObjectOf(query) },
  };
}

function startOf(query: URLSearchParams, bookmarks: boolean): WatchStart {
  const revision = resourceVersionOf(query);
  const sendInitialEvents = booleanOf(query, 'sendInitialEvents');
  const match = query.get('resourceVersionMatch') ?? '';
  if (sendInitialEvents === undefined) {
    if (match !== '') throw badRequest('resourceVersionMatch: a watch takes it only with sendInitialEvents');
    return revision === undefined || revision === 0
      ? { type: 'initialEvents', bookmark: false }
      : { type: 'after', revision };
  }
  if (match !== 'NotOlderThan') throw badRequest('sendInitialEvents: needs resourceVersionMatch=NotOlderThan');
  if (sendInitialEvents) return { type: 'initialEvents', bookmark: bookmarks };
  return revision === undefined || revision === 0 ? { type: 'now' } : { type: 'after', revision };
}
