import { Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { systemClock } from '#libs/clock';
import { kinds } from '#libs/resources';
import { countReconciles, type Logger, MetricsRegistry } from '#libs/telemetry';
import { CacheModule } from '../cache/cache.module.js';
import { ObjectCache } from '../cache/object-cache.js';
import { LOGGER } from '../config/config.module.js';
import { LeaderElection } from '../leader/leader-election.js';
import type { ObjectStore } from '../store/object-store.js';
import { OBJECT_STORE } from '../store/tokens.js';
import { NamespaceController } from './namespace-controller.js';

/** What becomes of a namespace that somebody deletes. */
@Module({
  imports: [CacheModule],
  providers: [
    {
      provide: NamespaceController,
      inject: [ObjectCache, OBJECT_STORE, LeaderElection, LOGGER, MetricsRegistry],
      useFactory: (
        cache: ObjectCache,
        store: ObjectStore,
        leader: LeaderElection,
        logger: Logger,
        metrics: MetricsRegistry,
      ) => {
        const running = {
          clock: systemClock,
          random: Math.random,
          logger,
          count: countReconciles(metrics, 'namespace'),
        };
        return new NamespaceController({ cache, store, leader, kinds, ...running });
      },
    },
  ],
})
export class NamespacesModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(NamespaceController) private readonly controller: NamespaceController) {}

  onApplicationBootstrap(): void {
    this.controller.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.controller.stop();
  }
}
