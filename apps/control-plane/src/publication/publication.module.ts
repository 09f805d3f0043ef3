import { Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { STREAM_PATH } from '#libs/control-protocol';
import { MetricsRegistry, type Logger, type Telemetry } from '#libs/telemetry';
import { ApiModule } from '../api/api.module.js';
import { Upgrades } from '../api/server/upgrades.js';
import { LOGGER, TELEMETRY } from '../config/config.module.js';
import { CommandsModule } from '../commands/commands.module.js';
import { FleetCommands } from '../commands/fleet-commands.js';
import { ConnectedDataPlanes } from '../fleet/connected-data-planes.js';
import { FleetModule } from '../fleet/fleet.module.js';
import { CacheModule } from '../cache/cache.module.js';
import { SecretValues } from '../cache/secret-values.js';
import { systemClock } from '#libs/clock';
import { PublicationServer } from './publication-server.js';

/** The stream endpoint for data planes, on the API's server. */
@Module({
  imports: [ApiModule, CacheModule, CommandsModule, FleetModule],
  providers: [
    {
      provide: PublicationServer,
      inject: [ConnectedDataPlanes, SecretValues, LOGGER, TELEMETRY, MetricsRegistry],
      useFactory: (
        connections: ConnectedDataPlanes,
        secrets: SecretValues,
        logger: Logger,
        telemetry: Telemetry,
        metrics: MetricsRegistry,
      ) => {
        const publications = metrics.counter('signalbox_publications_total', 'Publications answered by a data plane.', [
          'type',
          'answer',
        ]);
        return new PublicationServer({
          secretValue: (id) => secrets.get(id),
          connections,
          tracer: telemetry.tracer,
          clock: systemClock,
          logger,
          countPublication: (type, answer) => publications.handle(type, answer).add(1),
        });
      },
    },
  ],
  exports: [PublicationServer],
})
export class PublicationModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(PublicationServer) private readonly publication: PublicationServer,
    @Inject(Upgrades) private readonly upgrades: Upgrades,
    @Inject(FleetCommands) private readonly commands: FleetCommands,
  ) {}

  onApplicationBootstrap(): void {
    this.commands.deliverBy((command, answered) => this.publication.command(command, answered));
    this.upgrades.handle(STREAM_PATH, (request, socket, head, identity) =>
      this.publication.upgrade(request, socket, head, identity),
    );
  }

  beforeApplicationShutdown(): void {
    this.publication.stop();
  }
}
