import type { Server } from 'node:https';
import { Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { MetricsRegistry, type Logger, type Telemetry } from '#libs/telemetry';
import { AuthModule } from '../auth/auth.module.js';
import { Authenticator } from '../auth/authenticator.js';
import { LOGGER, TELEMETRY } from '../config/config.module.js';
import { ConnectedDataPlanes } from '../fleet/connected-data-planes.js';
import { FleetModule } from '../fleet/fleet.module.js';
import { CacheModule } from '../reconcilers/cache.module.js';
import { SecretValues } from '../reconcilers/secret-values.js';
import { systemTimers } from '../reconcilers/system-timers.js';
import { PublicationServer } from './publication-server.js';

/** The stream endpoint for data planes, on the server that Nest listens with. */
@Module({
  imports: [AuthModule, CacheModule, FleetModule],
  providers: [
    {
      provide: PublicationServer,
      inject: [Authenticator, ConnectedDataPlanes, SecretValues, LOGGER, TELEMETRY, MetricsRegistry],
      useFactory: (
        authenticator: Authenticator,
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
          authenticate: (authorization) => authenticator.authenticate(authorization),
          secretValue: (id) => secrets.get(id),
          connections,
          tracer: telemetry.tracer,
          timers: systemTimers,
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
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  onApplicationBootstrap(): void {
    this.publication.attach(this.adapterHost.httpAdapter.getHttpServer() as Server);
  }

  beforeApplicationShutdown(): void {
    this.publication.stop();
  }
}
