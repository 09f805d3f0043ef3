import { isDeepStrictEqual } from 'node:util';
import type { ApiObject } from '#libs/apimachinery';
import type { ConnectedDataPlane, Fleet } from '#libs/compiler';
import type { ObjectCache } from '../cache/object-cache.js';
import type { CacheUpdate } from '../cache/cache-update.js';
import { statusOf } from './data-plane-status.js';

/** The data planes of all replicas that count, as the DataPlane objects say: connected, and no longer joining. */
export class FleetView {
  private readonly connected = new Map<string, ConnectedDataPlane>();
  private fleet: Fleet = { connected: [] };
  private readonly listeners: (() => void)[] = [];

  constructor(cache: Pick<ObjectCache, 'onUpdate'>) {
    cache.onUpdate((update) => this.take(update));
  }

  get current(): Fleet {
    return this.fleet;
  }

  /** Called after something changed that conditions follow from. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  private take({ changes }: CacheUpdate): void {
    let changed = false;
    for (const { kind, key, object } of changes) {
      if (kind.kind !== 'DataPlane') continue;
      const counted = object && countedAs(object);
      if (isDeepStrictEqual(counted, this.connected.get(key))) continue;
      changed = true;
      if (counted) this.connected.set(key, counted);
      else this.connected.delete(key);
    }
    if (!changed) return;
    this.fleet = { connected: [...this.connected.values()] };
    for (const listener of this.listeners) listener();
  }
}

/** undefined: it doesn't count. */
function countedAs(object: ApiObject): ConnectedDataPlane | undefined {
  const { connected, joining, revision = 0, rejected, unresolvedCredentials } = statusOf(object);
  if (!connected || joining) return undefined;
  // One status that someone wrote by hand must not stop the view of all the others.
  const reported: readonly unknown[] = Array.isArray(unresolvedCredentials) ? unresolvedCredentials : [];
  const unresolved = new Map(reported.filter(isUnresolved).map(({ id, reason }) => [id, reason]));
  return {
    name: object.metadata.name,
    acknowledgedRevision: revision,
    rejected,
    ...(unresolved.size > 0 && { unresolved }),
  };
}

function isUnresolved(value: unknown): value is { readonly id: string; readonly reason: string } {
  const { id, reason } = (value ?? {}) as { id?: unknown; reason?: unknown };
  return typeof id === 'string' && typeof reason === 'string';
}
