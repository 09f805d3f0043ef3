/** A data plane that is connected to some replica of the control plane. */
export interface ConnectedDataPlane {
  readonly name: string;
  /** The last revision that it acknowledged; 0: none yet. */
  readonly acknowledgedRevision: number;
  /** The last publication that it refused, if it acknowledged none since. */
  readonly rejected?: { readonly revision: number; readonly reason: string };
  /** Why it can't use a credential, by the credential's id; absent: it can use all. */
  readonly unresolved?: ReadonlyMap<string, string>;
}

export interface Fleet {
  /** Those that have just connected and not answered their first publication yet left out: they would rewrite every resource twice. */
  readonly connected: readonly ConnectedDataPlane[];
}
