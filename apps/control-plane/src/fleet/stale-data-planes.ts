import type { Clock } from '#libs/clock';
import { Controller, ReconcileError, type ControllerOptions } from '#libs/reconcile';
import type { ApiObject, KindDefinition } from '#libs/apimachinery';
import type { Logger } from '#libs/telemetry';
import type { LeaderElection } from '../leader/leader-election.js';
import type { Leadership } from '../leader/leadership.js';
import { controlPlaneOrigin } from '../store/control-plane-origin.js';
import type { ObjectCache } from '../cache/object-cache.js';
import type { ObjectStore, ObjectWrite } from '../store/object-store.js';
import { statusOf } from './data-plane-status.js';

export interface StaleDataPlanesOptions {
  readonly kind: KindDefinition;
  readonly cache: ObjectCache;
  readonly store: Pick<ObjectStore, 'commit'>;
  readonly leader: Pick<LeaderElection, 'current'>;
  /** The names of all replicas that live. */
  readonly livingReplicas: () => Promise<ReadonlySet<string>>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly count: ControllerOptions<unknown>['count'];
}

/** What one look goes by. */
interface Look {
  readonly before: ReadonlyMap<string, number>;
  readonly living: ReadonlySet<string>;
  readonly leadership: Leadership;
}

const LOOK_EVERY_MS = 5_000;
/** Longer than a data plane takes to come back, its jitter included. */
const ORPHANED_AFTER_MS = 15_000;

/**
 * What a replica that died could not write: its data planes that didn't come back are not connected. Objects of those
 * that have been away for as long as their kind's policy says are removed. The leader's work.
 */
export class StaleDataPlanes {
  private readonly controller: Controller<'all'>;
  /** Since when something has been so, by name and what. */
  private since = new Map<string, number>();

  constructor(private readonly options: StaleDataPlanesOptions) {
    const { clock, random, logger, count } = options;
    this.controller = new Controller({
      reconcile: () => this.look(),
      concurrency: 1,
      clock,
      delays: { baseMs: 1_000, maxMs: 30_000, random },
      count,
      onError: (_, error) => logger.warn({ err: error }, 'stale DataPlanes not dealt with; trying again'),
    });
  }

  start(): void {
    this.controller.start();
    this.controller.add('all');
  }

  stop(): Promise<void> {
    return this.controller.stop();
  }

  private async look(): Promise<{ requeueAfterMs: number }> {
    const { cache, kind, livingReplicas, leader } = this.options;
    // Taken once: what is decided in this term is written in this term, or not at all.
    const leadership = leader.current;
    if (!leadership) {
      this.since = new Map();
      return { requeueAfterMs: LOOK_EVERY_MS };
    }
    // A look that fails has seen nothing, so it takes nothing back either.
    const living = await livingReplicas();
    const before = this.since;
    this.since = new Map();
    const failures: unknown[] = [];
    for (const [, object] of cache.entries()) {
      if (object.kind !== kind.kind) continue;
      // One that can't be written keeps nobody from the others.
      await this.judge(object, { before, living, leadership }).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
    return { requeueAfterMs: LOOK_EVERY_MS };
  }

  private async judge(object: ApiObject, { before, living, leadership }: Look): Promise<void> {
    const { name } = object.metadata;
    const { connected, connectedTo = '' } = statusOf(object);
    if (!connected) {
      const { expiresAfterMs = Infinity } = this.options.kind.storage;
      if (this.lasts(before, `${name} away`, expiresAfterMs)) await this.remove(name, leadership);
    } else if (!living.has(connectedTo)) {
      if (this.lasts(before, `${name} orphaned by ${connectedTo}`, ORPHANED_AFTER_MS)) {
        await this.disconnect(name, connectedTo, leadership);
      }
    }
  }

  private lasts(before: ReadonlyMap<string, number>, what: string, forMs: number): boolean {
    const nowMs = this.options.clock.nowMs();
    const sinceMs = before.get(what) ?? nowMs;
    this.since.set(what, sinceMs);
    return nowMs - sinceMs >= forMs;
  }

  private disconnect(name: string, replica: string, leadership: Leadership): Promise<void> {
    return this.commit(name, leadership, {
      verb: 'update',
      subresource: 'status',
      mutate: (stored) =>
        stored && statusOf(stored).connected && statusOf(stored).connectedTo === replica
          ? { ...stored, status: { ...stored.status, connected: false } }
          : stored,
    });
  }

  private remove(name: string, leadership: Leadership): Promise<void> {
    return this.commit(name, leadership, {
      verb: 'delete',
      mutate: (stored) => (stored && statusOf(stored).connected ? stored : undefined),
    });
  }

  private async commit(name: string, leadership: Leadership, write: Omit<ObjectWrite, 'key'>): Promise<void> {
    const { store, kind } = this.options;
    try {
      const key = { kind, namespace: '', name };
      await store.commit([{ key, ...write }], controlPlaneOrigin, { leadership });
    } catch (error) {
      // Gone already is as good.
      if ((error as { code?: unknown }).code === 404) return;
      throw new ReconcileError(`DataPlane ${name} could not be written`, { cause: error });
    }
  }
}
