import type { Entry, EntryName } from '#libs/routing-table';

/**
 * What the planes say to each other over one WebSocket (`wss://<control plane>/control/v1/stream`, bearer token of the
 * data-plane role). Every message is one binary frame: see frame.ts. A nonce names one publication; ACK and NACK echo it.
 */
export const STREAM_PATH = '/control/v1/stream';

export const MAX_TRACE_PARENTS = 16;
/** Of a reason, in characters. */
export const MAX_LINE_LENGTH = 1024;
/** Of credentials told in a report. */
export const MAX_UNRESOLVED = 1000;

/** W3C `traceparent` values of the changes that a publication carries: at most 16; later ones are left out. */
export type TraceParents = readonly string[];

/** First message of a data plane. What it already serves lets the control plane answer with a delta or a bookmark. */
export interface Hello {
  readonly type: 'hello';
  /** Name of the DataPlane object. */
  readonly name: string;
  /** Stays the same over restarts of one data plane (kept in its state directory). */
  readonly uid: string;
  /** Made anew at each start. */
  readonly instance: string;
  readonly schemaVersions: readonly number[];
  readonly version?: string;
  readonly revision?: number;
  readonly software: string;
  /** Types of commands that it knows; absent: none, as of data planes of 0.1.0. */
  readonly commands?: readonly string[];
}

/**
 * Sent before the table that names them. Values are in this message only; never in a table, log, span or error. A table
 * names an id at a version, so several of one id are held side by side: the swap decides which one counts, and ends what
 * the table doesn't name. A table that is refused so leaves the one before with its keys.
 */
export interface Credentials {
  readonly type: 'credentials';
  readonly values: readonly { readonly id: string; readonly version: string; readonly value: string }[];
  /**
   * Ids whose values no table needs any more: those that the acknowledged table names no longer, and those that only a refused
   * one named. Never the version that is served: data planes of 0.1.0 drop the id, so it is sent once that is so.
   */
  readonly revoked: readonly string[];
}
export interface Full {
  readonly type: 'full';
  readonly nonce: number;
  readonly revision: number;
  readonly version: string;
  readonly schemaVersion: number;
  readonly traceParents: TraceParents;
  readonly entries: readonly Entry[];
}
export interface Delta {
  readonly type: 'delta';
  readonly nonce: number;
  readonly revision: number;
  readonly baseVersion: string;
  readonly version: string;
  readonly traceParents: TraceParents;
  readonly upserts: readonly Entry[];
  readonly removals: readonly EntryName[];
}
/** The table is the same at a later revision: the data plane only moves its revision forward. */
export interface Bookmark {
  readonly type: 'bookmark';
  readonly nonce: number;
  readonly revision: number;
  readonly version: string;
  readonly traceParents: TraceParents;
}
export interface Ack {
  readonly type: 'ack';
  readonly nonce: number;
  readonly revision: number;
  readonly version: string;
}
/** The old table keeps serving. `reason` is one line for people and becomes part of a condition. */
export interface Nack {
  readonly type: 'nack';
  readonly nonce: number;
  readonly revision: number;
  readonly reason: string;
}
/** Something that a person has done once to the state of data planes; no part of the configuration. */
export interface Command {
  readonly type: 'command';
  /** The same one that comes again is answered again, and not done again. */
  readonly id: string;
  readonly action: Action;
}
export type Action =
  /** Closes a breaker. */
  | { readonly type: 'ResetBreaker'; readonly namespace: string; readonly provider: string; readonly model: string }
  /** Ends the pause of a key. */
  | { readonly type: 'ResetCooldown'; readonly namespace: string; readonly pool: string; readonly key: string };

/**
 * What a data plane made of a command. Reset: it was open, or paused. Unchanged: there was nothing to end. Unknown: the data
 * plane has no such thing. Failed: `message` says why, in a line for people.
 */
export const commandResults = ['Reset', 'Unchanged', 'Unknown', 'Failed'] as const;
export type CommandResult = (typeof commandResults)[number];
export interface CommandAnswer {
  readonly type: 'commandAnswer';
  readonly id: string;
  readonly result: CommandResult;
  /** What was ended, or why nothing was; may be empty. */
  readonly message: string;
}
/** After the hello if there is something to tell, and on a change. */
export interface Report {
  readonly type: 'report';
  /** Rises by one a report within an instance, so that a repeat is recognised. */
  readonly sequence: number;
  /** Credentials that this data plane could not resolve (`env` and `file`); never their values. */
  readonly unresolvedCredentials: readonly { readonly id: string; readonly reason: string }[];
  /** Its disk doesn't take the last good snapshot. Data planes of 0.1.0 never say so, and control planes of 0.1.0 don't read it. */
  readonly snapshotFailure?: { readonly reason: string };
}
/** A command is only sent to a data plane whose hello names its type. */
export type FromControlPlane = Credentials | Full | Delta | Bookmark | Command;
export type FromDataPlane = Hello | Ack | Nack | Report | CommandAnswer;
