import type { Hello } from '#libs/control-protocol';
import type { DataPlaneStatus } from '#libs/resources';
import type { ConnectionListener, Position, ReportedFacts, SessionListener } from './connection-listener.js';

/** What this replica knows of a data plane that is, or was, connected to it. */
export interface DataPlaneState extends ReportedFacts {
  readonly hello: Hello;
  readonly connected: boolean;
  /** When it came, or went. */
  readonly sinceMs: number;
  readonly served?: Position;
  readonly rejected?: DataPlaneStatus['rejected'];
}

/** The data planes of this replica, by name. */
export class ConnectedDataPlanes implements ConnectionListener {
  private readonly states = new Map<string, DataPlaneState>();
  private readonly listeners: ((name: string) => void)[] = [];

  constructor(private readonly nowMs: () => number) {}

  /** Called with the name of each data plane that came, went, answered or reported. */
  onChange(listener: (name: string) => void): void {
    this.listeners.push(listener);
  }

  get(name: string): DataPlaneState | undefined {
    return this.states.get(name);
  }

  get connectedCount(): number {
    return [...this.states.values()].filter(({ connected }) => connected).length;
  }

  /** Once its end is written down there is nothing more to say of it. */
  forget(name: string): void {
    if (this.states.get(name)?.connected === false) this.states.delete(name);
  }

  connected(hello: Hello): SessionListener & { disconnected(): void } {
    const { name } = hello;
    const update = (change: Partial<DataPlaneState>) => {
      const state = this.states.get(name);
      if (state?.hello !== hello) return;
      this.states.set(name, { ...state, ...change });
      this.changed(name);
    };
    this.states.set(name, { hello, connected: true, sinceMs: this.nowMs(), unresolvedCredentials: [] });
    this.changed(name);
    return {
      served: (served) => update({ served, rejected: undefined }),
      rejected: ({ revision, reason }) => update({ rejected: { revision, reason } }),
      // What a report leaves out is over.
      reported: ({ unresolvedCredentials, snapshotFailure }) => update({ unresolvedCredentials, snapshotFailure }),
      disconnected: () => update({ connected: false, sinceMs: this.nowMs() }),
    };
  }

  private changed(name: string): void {
    for (const listener of this.listeners) listener(name);
  }
}
