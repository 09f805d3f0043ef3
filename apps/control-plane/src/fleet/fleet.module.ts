import { hostname } from 'node:os';
import { randomBytes } from 'node:crypto';
import { Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { kindOf } from '#libs/resources';
import { MetricsRegistry, type Logger } from '#libs/telemetry';
import { LOGGER } from '../config/config.module.js';
import { LeaderElection } from '../leader/leader-election.js';
import { CacheModule } from '../cache/cache.module.js';
import { ObjectCache } from '../cache/object-cache.js';
import { countReconciles } from '#libs/telemetry';
import { systemClock } from '#libs/clock';
import type { ObjectStore } from '../store/object-store.js';
import { OBJECT_STORE } from '../store/tokens.js';
import { ConnectedDataPlanes } from './connected-data-planes.js';
import { DataPlaneWriter } from './data-plane-writer.js';
import { FleetView } from './fleet-view.js';
import { ReplicaPresence } from './replica-presence.js';
import { StaleDataPlanes } from './stale-data-planes.js';

const dataPlane = kindOf('signalbox.dev/v1', 'DataPlane')!;
/** Injection token of this replica's name. */
const SELF = Symbol('replica name');
const running = { clock: systemClock, random: Math.random };

/** Who is connected, here and elsewhere. */
@Module({
  imports: [CacheModule],
  providers: [
    {
      provide: SELF,
      // Another start is another replica: the connections of the one before are not its own.
      useFactory: () => `${hostname().slice(0, 32)}-${randomBytes(4).toString('hex')}`,
    },
    { provide: FleetView, inject: [ObjectCache], useFactory: (cache: ObjectCache) => new FleetView(cache) },
    {
      provide: ConnectedDataPlanes,
      inject: [MetricsRegistry],
      useFactory: (metrics: MetricsRegistry) => {
        const dataPlanes = new ConnectedDataPlanes(() => running.clock.nowMs());
        metrics.gaugeFrom('signalbox_data_planes_connected', 'Data planes connected to this replica.', [], (observe) =>
          observe(dataPlanes.connectedCount),
        );
        return dataPlanes;
      },
    },
    {
      provide: DataPlaneWriter,
      inject: [SELF, ConnectedDataPlanes, ObjectCache, OBJECT_STORE, LOGGER, MetricsRegistry],
      useFactory: (
        self: string,
        dataPlanes: ConnectedDataPlanes,
        cache: ObjectCache,
        store: ObjectStore,
        logger: Logger,
        metrics: MetricsRegistry,
      ) => {
        const count = countReconciles(metrics, 'data-plane');
        const writer = new DataPlaneWriter({ kind: dataPlane, store, dataPlanes, self, ...running, logger, count });
        cache.onUpdate((update) => writer.look(update));
        return writer;
      },
    },
    {
      provide: ReplicaPresence,
      inject: [SELF, DataSource, LOGGER],
      useFactory: (self: string, dataSource: DataSource, logger: Logger) => {
        const query = (sql: string, parameters: readonly unknown[]) => dataSource.query<unknown>(sql, [...parameters]);
        return new ReplicaPresence({ query, self, ...running, logger });
      },
    },
    {
      provide: StaleDataPlanes,
      inject: [ObjectCache, OBJECT_STORE, LeaderElection, ReplicaPresence, LOGGER, MetricsRegistry],
      useFactory: (
        cache: ObjectCache,
        store: ObjectStore,
        leader: LeaderElection,
        presence: ReplicaPresence,
        logger: Logger,
        metrics: MetricsRegistry,
      ) => {
        const livingReplicas = () => presence.living();
        const count = countReconciles(metrics, 'stale-data-planes');
        return new StaleDataPlanes({
          kind: dataPlane,
          cache,
          store,
          leader,
          livingReplicas,
          ...running,
          logger,
          count,
        });
      },
    },
  ],
  exports: [FleetView, ConnectedDataPlanes],
})
export class FleetModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(DataPlaneWriter) private readonly writer: DataPlaneWriter,
    @Inject(ReplicaPresence) private readonly presence: ReplicaPresence,
    @Inject(StaleDataPlanes) private readonly stale: StaleDataPlanes,
  ) {}

  onApplicationBootstrap(): void {
    this.presence.start();
    this.writer.start();
    this.stale.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.writer.stop(), this.stale.stop()]);
    // Last, and while the pool is open: what this replica had to say of its data planes is written.
    await this.presence.stop();
  }
}
