import { Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { kinds } from '#libs/resources';
import { MetricsRegistry, type Logger } from '#libs/telemetry';
import { LOGGER } from './config/config.module.js';
import { FleetModule } from './fleet/fleet.module.js';
import { FleetView } from './fleet/fleet-view.js';
import { LeaderElection } from './leader/leader-election.js';
import { PublicationModule } from './publication/publication.module.js';
import { PublicationServer } from './publication/publication-server.js';
import type { ObjectStore } from './store/object-store.js';
import { OBJECT_STORE } from './store/tokens.js';
import { CacheModule } from './cache/cache.module.js';
import { CompileModule } from './compile/compile.module.js';
import { CompileController } from './compile/compile-controller.js';
import { CompileThread } from './compile/compile-thread.js';
import { CompileVerdicts } from './compile/compile-verdicts.js';
import { ObjectCache } from './cache/object-cache.js';
import { SecretValues } from './cache/secret-values.js';
import { countReconciles } from '#libs/telemetry';
import { StatusController } from './status/status-controller.js';
import { systemClock } from '#libs/clock';

const running = { clock: systemClock, random: Math.random };

/** From changed objects to a published table and to conditions. */
@Module({
  imports: [CacheModule, CompileModule, FleetModule, PublicationModule],
  providers: [
    CompileVerdicts,
    {
      provide: StatusController,
      inject: [
        ObjectCache,
        SecretValues,
        CompileVerdicts,
        FleetView,
        LeaderElection,
        OBJECT_STORE,
        LOGGER,
        MetricsRegistry,
      ],
      useFactory: (
        cache: ObjectCache,
        secrets: SecretValues,
        verdicts: CompileVerdicts,
        fleet: FleetView,
        leader: LeaderElection,
        store: ObjectStore,
        logger: Logger,
        metrics: MetricsRegistry,
      ) => {
        const status = new StatusController({
          cache,
          kinds,
          verdicts,
          fleet: () => fleet.current,
          hasSecretEntry: (id) => secrets.get(id) !== undefined,
          leader,
          store,
          ...running,
          now: () => `${new Date().toISOString().slice(0, 19)}Z`,
          logger,
          count: countReconciles(metrics, 'status'),
        });
        fleet.onChange(() => status.reviewAll());
        leader.addListener({ gained: () => status.reviewAll(), lost: () => {} });
        return status;
      },
    },
  ],
})
export class ChangeFlowModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(ObjectCache) private readonly cache: ObjectCache,
    @Inject(CompileController) private readonly compile: CompileController,
    @Inject(StatusController) private readonly status: StatusController,
    @Inject(CompileThread) private readonly thread: CompileThread,
    @Inject(CompileVerdicts) private readonly verdicts: CompileVerdicts,
    @Inject(PublicationServer) private readonly publication: PublicationServer,
  ) {}

  /** The cache last: its first snapshot sets everything in motion. */
  onApplicationBootstrap(): void {
    this.compile.onCompiled((compiled) => {
      this.publication.publish(compiled);
      this.status.review(this.verdicts.take(compiled));
    });
    this.compile.start();
    this.status.start();
    this.cache.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.cache.stop();
    await Promise.all([this.compile.stop(), this.status.stop()]);
    await this.thread.stop();
  }
}
