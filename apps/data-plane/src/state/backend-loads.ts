import type { BackendEntry } from '#libs/routing-table';

/** Attempts in flight at one backend, whichever table they were started under. */
export class BackendLoad {
  readonly backend: string;
  readonly provider: string;
  inFlight = 0;
  /** States of the backend in use that share it. */
  holders = 0;

  constructor(backend: string, { namespace, provider }: BackendEntry) {
    this.backend = backend;
    this.provider = `${namespace}/${provider}`;
  }
}

export class BackendLoads implements Iterable<BackendLoad> {
  private readonly byBackend = new Map<string, BackendLoad>();

  acquire(backend: string, entry: BackendEntry): BackendLoad {
    let load = this.byBackend.get(backend);
    if (load === undefined) this.byBackend.set(backend, (load = new BackendLoad(backend, entry)));
    load.holders += 1;
    return load;
  }

  /** Whoever is in flight holds the state, so that with the last of those none is. */
  release(load: BackendLoad): void {
    load.holders -= 1;
    if (load.holders === 0) this.byBackend.delete(load.backend);
  }

  [Symbol.iterator](): Iterator<BackendLoad> {
    return this.byBackend.values();
  }
}
