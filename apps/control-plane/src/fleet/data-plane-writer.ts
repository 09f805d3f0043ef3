import type { Clock } from '#libs/clock';
import { Controller, ReconcileError, type ControllerOptions } from '#libs/reconcile';
import { type ApiObject, apiVersionOf, type KindDefinition } from '#libs/apimachinery';
import { LimitedLog, type Logger } from '#libs/telemetry';
import type { DataPlaneStatus } from '#libs/resources';
import { controlPlaneOrigin } from '../store/control-plane-origin.js';
import type { CacheUpdate } from '../cache/cache-update.js';
import type { ObjectStore, ObjectWrite, WriteResult } from '../store/object-store.js';
import type { ConnectedDataPlanes, DataPlaneState } from './connected-data-planes.js';
import { JOINS_WITHIN_MS, nextStatus, statusOf } from './data-plane-status.js';

export interface DataPlaneWriterOptions {
  readonly kind: KindDefinition;
  readonly store: Pick<ObjectStore, 'commit'>;
  readonly dataPlanes: ConnectedDataPlanes;
  /** Names this replica. */
  readonly self: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly count: ControllerOptions<unknown>['count'];
}

/** Each write is a row of the log that every replica reads. */
const WRITE_EVERY_MS = 1_000;
/** What connects will soon acknowledge something, too: both are said in one write. */
const WAIT_FOR_FIRST_ANSWER_MS = 100;
/** What goes away mostly comes back, here or to another replica: its end would be written for nothing. */
const WAIT_FOR_RETURN_MS = 2_000;

/** Keeps the DataPlane objects of this replica's connections true: the first change at once, later ones once a second. */
export class DataPlaneWriter {
  private readonly controller: Controller<string>;
  private readonly wroteAtMs = new Map<string, number>();
  private readonly lines: LimitedLog;

  constructor(private readonly options: DataPlaneWriterOptions) {
    const { clock, random, logger, count } = options;
    this.lines = new LimitedLog({ logger, nowMs: () => clock.nowMs() });
    this.controller = new Controller({
      reconcile: (name) => this.write(name),
      concurrency: 2,
      clock,
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

  /**
   * The objects as they are stored now. One that is gone, or that says of a data plane of ours that it is away, is another's
   * doing: a person's, or the leader's, who took this replica for dead while it could not reach the database.
   */
  look({ changes }: CacheUpdate): void {
    for (const { kind, object, previous } of changes) {
      const name = (object ?? previous)?.metadata.name;
      if (kind.kind !== this.options.kind.kind || name === undefined || statusOf(object).connected) continue;
      if (this.options.dataPlanes.get(name)?.connected) this.controller.add(name);
    }
  }

  private changed(name: string): void {
    const state = this.options.dataPlanes.get(name);
    if (state) this.controller.addAfter(name, patienceMs(state));
  }

  private async write(name: string): Promise<{ requeueAfterMs: number } | undefined> {
    const { dataPlanes, clock } = this.options;
    const state = dataPlanes.get(name);
    if (!state) return undefined;
    const nowMs = clock.nowMs();
    const wroteAtMs = this.wroteAtMs.get(name) ?? -Infinity;
    const waitMs = Math.max(wroteAtMs + WRITE_EVERY_MS, state.sinceMs + patienceMs(state)) - nowMs;
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    this.forgetBefore(nowMs - WRITE_EVERY_MS);
    const written = await this.writeStatus(name, state);
    if (written?.type !== 'UNCHANGED') this.wroteAtMs.set(name, nowMs);
    if (!state.connected && dataPlanes.get(name) === state) dataPlanes.forget(name);
    const { joining } = statusOf(written?.object);
    return joining ? { requeueAfterMs: state.sinceMs + JOINS_WITHIN_MS - nowMs } : undefined;
  }

  /** Kept over the end of a connection: one that comes and goes is written no more often than one that stays. */
  private forgetBefore(beforeMs: number): void {
    for (const [name, atMs] of this.wroteAtMs) if (atMs <= beforeMs) this.wroteAtMs.delete(name);
  }

  /** The object is made with the first one. undefined: somebody deleted it meanwhile. */
  private async writeStatus(name: string, state: DataPlaneState): Promise<WriteResult | undefined> {
    const { kind, clock, self } = this.options;
    const status = {
      subresource: 'status',
      ifPresent: true,
      mutate: (stored: ApiObject | undefined) => {
        const next = nextStatus(statusOf(stored), state, { self, nowMs: clock.nowMs() });
        return stored && next ? { ...stored, status: { ...next } } : stored;
      },
    } as const;
    const present = await this.commit(name, status);
    if (present) this.noteTakenName(name, state, statusOf(present.previous));
    if (present) return present;
    await this.commit(name, { mutate: (stored) => stored ?? emptyDataPlane(kind, name) });
    return this.commit(name, status);
  }

  /** On one replica the second is turned away; on two they would take the object from each other, every second. */
  private noteTakenName(name: string, { hello, connected }: DataPlaneState, before: Partial<DataPlaneStatus>): void {
    if (!connected || !before.connected || before.uid === hello.uid) return;
    this.lines.warn(
      name,
      { dataPlane: name, uid: hello.uid, otherUid: before.uid, otherConnectedTo: before.connectedTo },
      'two data planes use one name: give each its own SIGNALBOX_DATA_PLANE_NAME, unless this is one that lost its state directory',
    );
  }

  private async commit(
    name: string,
    write: Pick<ObjectWrite, 'mutate' | 'subresource' | 'ifPresent'>,
  ): Promise<WriteResult | undefined> {
    const { store, kind } = this.options;
    try {
      const key = { kind, namespace: '', name };
      const { results } = await store.commit([{ key, verb: 'update', ...write }], controlPlaneOrigin);
      return results[0];
    } catch (error) {
      throw new ReconcileError('writing the DataPlane failed', { cause: error });
    }
  }
}

/** How long what it is now shall last before it is written. */
function patienceMs({ connected, served, rejected }: DataPlaneState): number {
  if (!connected) return WAIT_FOR_RETURN_MS;
  return served || rejected ? 0 : WAIT_FOR_FIRST_ANSWER_MS;
}

function emptyDataPlane(kind: KindDefinition, name: string): ApiObject {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name } };
}
