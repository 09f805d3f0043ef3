import type { Timers } from '#libs/clock';
import { Controller, ReconcileError, type ControllerOptions } from '#libs/reconcile';
import { type ApiObject, apiVersionOf, type KindDefinition } from '#libs/apimachinery';
import type { Logger } from '#libs/telemetry';
import { controlPlaneOrigin } from '../store/control-plane-origin.js';
import type { ObjectStore, ObjectWrite } from '../store/object-store.js';
import type { ConnectedDataPlanes } from './connected-data-planes.js';
import { nextStatus, statusOf } from './data-plane-status.js';

export interface DataPlaneWriterOptions {
  readonly kind: KindDefinition;
  readonly store: Pick<ObjectStore, 'commit'>;
  readonly dataPlanes: ConnectedDataPlanes;
  /** Names this replica. */
  readonly self: string;
  readonly timers: Timers;
  readonly random: () => number;
  readonly logger: Logger;
  readonly count: ControllerOptions<unknown>['count'];
}

/** Each write is a row of the log that every replica reads. */
const WRITE_EVERY_MS = 1_000;
/** What connects will soon acknowledge something, too: both are told in one write. */
const WAIT_FOR_FIRST_ANSWER_MS = 100;

/** Keeps the DataPlane objects of this replica's connections true: the first change at once, later ones once a second. */
export class DataPlaneWriter {
  private readonly controller: Controller<string>;
  private readonly wroteAtMs = new Map<string, number>();

  constructor(private readonly options: DataPlaneWriterOptions) {
    const { timers, random, logger, count } = options;
    this.controller = new Controller({
      reconcile: (name) => this.write(name),
      concurrency: 2,
      timers,
      delays: { baseMs: 200, maxMs: 10_000, random },
      count,
      onError: (name, error) => logger.warn({ err: error, dataPlane: name }, 'DataPlane not written; trying again'),
    });
    options.dataPlanes.onChange((name) => this.changed(name));
  }

  start(): void {
    this.controller.start();
  }

  stop(): Promise<void> {
    return this.controller.stop();
  }

  private changed(name: string): void {
    const state = this.options.dataPlanes.get(name);
    const isNew = state?.connected && !state.served && !state.rejected;
    this.controller.addAfter(name, isNew ? WAIT_FOR_FIRST_ANSWER_MS : 0);
  }

  private async write(name: string): Promise<{ requeueAfterMs: number } | undefined> {
    const { dataPlanes, timers, kind } = this.options;
    const state = dataPlanes.get(name);
    if (!state) return undefined;
    const waitMs = (this.wroteAtMs.get(name) ?? -Infinity) + WRITE_EVERY_MS - timers.nowMs();
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const created = await this.commit(name, {
      mutate: (stored) => stored ?? emptyDataPlane(kind, name),
    });
    const updated = await this.commit(name, {
      subresource: 'status',
      mutate: (stored) => {
        const next = nextStatus(statusOf(stored), state, this.options.self);
        return stored && next ? { ...stored, status: { ...next } } : stored;
      },
    });
    if (created || updated) this.wroteAtMs.set(name, timers.nowMs());
    if (!state.connected) {
      dataPlanes.forget(name);
      this.wroteAtMs.delete(name);
    }
    return undefined;
  }

  /** Returns whether anything was written. */
  private async commit(name: string, write: Pick<ObjectWrite, 'mutate' | 'subresource'>): Promise<boolean> {
    const { store, kind } = this.options;
    try {
      const key = { kind, namespace: '', name };
      const { results } = await store.commit([{ key, verb: 'update', ...write }], controlPlaneOrigin);
      return results.some(({ type }) => type !== 'UNCHANGED');
    } catch (error) {
      throw new ReconcileError('writing the DataPlane failed', { cause: error });
    }
  }
}

function emptyDataPlane(kind: KindDefinition, name: string): ApiObject {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name } };
}
