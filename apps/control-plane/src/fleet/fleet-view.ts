import type { Fleet } from '#libs/compiler';
import type { CacheUpdate, ObjectCache } from '../cache/object-cache.js';
import { statusOf } from './data-plane-status.js';

/** All connected data planes of all replicas, as the DataPlane objects tell. */
export class FleetView {
  private readonly connected = new Map<string, Fleet['connected'][number]>();
  private fleet: Fleet = { connected: [] };
  private readonly listeners: (() => void)[] = [];

  constructor(cache: ObjectCache) {
    cache.onUpdate((update) => this.take(update));
  }

  get current(): Fleet {
    return this.fleet;
  }

  /** Called after a data plane came, went, acknowledged or refused. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  private take({ changes }: CacheUpdate): void {
    const dataPlanes = changes.filter(({ kind }) => kind.kind === 'DataPlane');
    if (dataPlanes.length === 0) return;
    for (const { key, object } of dataPlanes) {
      const { connected, revision = 0, rejected } = statusOf(object);
      if (object && connected) {
        this.connected.set(key, { name: object.metadata.name, acknowledgedRevision: revision, rejected });
      } else this.connected.delete(key);
    }
    this.fleet = { connected: [...this.connected.values()] };
    for (const listener of this.listeners) listener();
  }
}
