import type { Hello, Report } from '#libs/control-protocol';

/** The version and log position of a table. */
export interface Position {
  readonly version: string;
  readonly revision: number;
}

/** What a data plane says of itself besides its answers. */
export type ReportedFacts = Pick<Report, 'unresolvedCredentials' | 'snapshotFailure'>;

/** What a session says of its data plane. */
export interface SessionListener {
  served(position: Position): void;
  rejected(rejection: Position & { readonly reason: string }): void;
  reported(facts: ReportedFacts): void;
}

/** Hears of every data plane that connects to this replica; the listener that it returns hears of its answers. */
export interface ConnectionListener {
  connected(hello: Hello): SessionListener & { disconnected(): void };
}
