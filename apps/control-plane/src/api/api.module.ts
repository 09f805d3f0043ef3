import { randomBytes, randomUUID } from 'node:crypto';
import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { DataSource } from 'typeorm';
import { registry } from '#libs/resources';
import { EXPOSITION_CONTENT_TYPE, type Logger, MetricsRegistry, type Telemetry } from '#libs/telemetry';
import { AuditService } from '../audit/audit.service.js';
import { AUTHORIZER, AuthModule } from '../auth/auth.module.js';
import { Authenticator } from '../auth/authenticator.js';
import type { Authorizer } from '../auth/authorizer.js';
import { LOGGER, TELEMETRY } from '../config/config.module.js';
import { CommandsModule } from '../commands/commands.module.js';
import { FleetCommands } from '../commands/fleet-commands.js';
import { CompileController } from '../compile/compile-controller.js';
import { CompileModule } from '../compile/compile.module.js';
import { ObjectCache } from '../cache/object-cache.js';
import { ReferenceIndex } from '../cache/reference-index.js';
import { namespaceKind } from '../namespaces/built-in-namespaces.js';
import { CredentialVersions } from '../secrets/credential-versions.js';
import { KeyOverview } from '../key-rotation/key-status.js';
import { KeyRotationModule } from '../key-rotation/key-rotation.module.js';
import { LogFollower } from '../store/log-follower.js';
import type { ChangeFeed, ObjectStore } from '../store/object-store.js';
import { CHANGE_FEED, OBJECT_STORE } from '../store/tokens.js';
import { Applier } from './apply/apply.js';
import { ConditionPreview } from './apply/preview-conditions.js';
import { auditRoutes } from './audit-routes.js';
import { keyRoutes } from './key-routes.js';
import { discoveryRoutes } from './discovery/routes.js';
import { reviewRoutes } from './discovery/reviews.js';
import { ObjectWriter } from './write/object-writer.js';
import { ReferenceCheck } from './write/reference-check.js';
import { Resetter } from './objects/reset.js';
import { Reader } from './objects/read.js';
import { Remover } from './write/remove.js';
import { Writer } from './write/write.js';
import { ApiServer, type PathRoute } from './server/api-server.js';
import { Readiness } from './server/readiness.js';
import { ResourceHandler } from './server/resource-handler.js';
import { Upgrades } from './server/upgrades.js';
import { Watcher } from './watch/watcher.js';

const nowMs = Date.now;

@Module({
  imports: [AuthModule, CommandsModule, KeyRotationModule, CompileModule],
  providers: [
    Readiness,
    {
      provide: Upgrades,
      inject: [Authenticator, AUTHORIZER, LOGGER],
      useFactory: (authenticator: Authenticator, authorizer: Authorizer, logger: Logger) =>
        new Upgrades(authenticator, authorizer, logger),
    },
    { provide: Reader, inject: [OBJECT_STORE], useFactory: (store: ObjectStore) => new Reader(store, nowMs) },
    {
      provide: ObjectWriter,
      inject: [OBJECT_STORE, AUTHORIZER, ObjectCache, ReferenceIndex, TELEMETRY],
      useFactory: (
        store: ObjectStore,
        authorizer: Authorizer,
        cache: ObjectCache,
        index: ReferenceIndex,
        telemetry: Telemetry,
      ) => {
        const references = new ReferenceCheck(cache, index);
        return new ObjectWriter({ store, authorizer, references, tracer: telemetry.tracer });
      },
    },
    {
      provide: Watcher,
      inject: [CHANGE_FEED, Reader, LOGGER, MetricsRegistry],
      useFactory: (feed: ChangeFeed, reader: Reader, logger: Logger, metrics: MetricsRegistry) => {
        const open = metrics.gauge('signalbox_api_watches', 'Watches that are open on this replica.');
        return new Watcher({ feed, reader, logger, openWatches: open.handle(), nowMs });
      },
    },
    {
      provide: ResourceHandler,
      inject: [ObjectWriter, OBJECT_STORE, Reader, Watcher, AUTHORIZER, FleetCommands],
      useFactory: (
        objects: ObjectWriter,
        store: ObjectStore,
        reader: Reader,
        watcher: Watcher,
        authorizer: Authorizer,
        commands: FleetCommands,
      ) =>
        new ResourceHandler(
          reader,
          new Writer(objects, authorizer, nowMs, randomSuffix),
          new Remover({ objects, store, reader, kinds: registry.all, nowMs }),
          watcher,
          new Resetter({ store, commands, newId: randomUUID }),
        ),
    },
    {
      provide: Applier,
      inject: [ObjectWriter, AUTHORIZER, ObjectCache, CompileController, CredentialVersions],
      useFactory: (
        objects: ObjectWriter,
        authorizer: Authorizer,
        cache: ObjectCache,
        compiler: CompileController,
        versions: CredentialVersions,
      ) => new Applier(objects, authorizer, new ConditionPreview(cache, compiler, versions), () => namesOf(cache)),
    },
    {
      provide: ApiServer,
      inject: [
        Authenticator,
        AUTHORIZER,
        ResourceHandler,
        Readiness,
        Applier,
        AuditService,
        KeyOverview,
        ObjectWriter,
        TELEMETRY,
        LOGGER,
        MetricsRegistry,
      ],
      useFactory: (
        authenticator: Authenticator,
        authorizer: Authorizer,
        resources: ResourceHandler,
        readiness: Readiness,
        applier: Applier,
        audit: AuditService,
        keys: KeyOverview,
        objects: ObjectWriter,
        telemetry: Telemetry,
        logger: Logger,
        metrics: MetricsRegistry,
      ) => {
        const paths: PathRoute[] = [
          ...discoveryRoutes(registry),
          ...reviewRoutes(registry, authorizer),
          ...auditRoutes(audit),
          ...keyRoutes(keys, objects),
          { method: 'POST', pattern: '/apply', verb: 'create', handle: (call) => applier.apply(call) },
          { method: 'GET', pattern: '/metrics', verb: 'get', handle: () => metricsAnswer(metrics) },
        ];
        return new ApiServer({
          registry,
          authenticator,
          authorizer,
          resources,
          paths,
          readiness,
          tracer: telemetry.tracer,
          logger,
          metrics,
        });
      },
    },
  ],
  exports: [Readiness, Upgrades, Watcher],
})
export class ApiModule implements OnModuleInit {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(ApiServer) private readonly server: ApiServer,
    @Inject(Upgrades) private readonly upgrades: Upgrades,
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(LogFollower) private readonly follower: LogFollower,
    @Inject(CompileController) private readonly compiler: CompileController,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    const { httpAdapter } = this.host;
    this.server.register(httpAdapter.getInstance<FastifyInstance>());
    this.upgrades.attach(httpAdapter.getHttpServer());
    this.readiness.add('database', async () => {
      await this.dataSource.query('SELECT 1');
    });
    this.readiness.add('change-feed', () => {
      if (!this.follower.connected) throw new Error('the log is not being followed');
    });
    this.readiness.add('compile', () => {
      if (!this.compiler.hasCompiled) throw new Error('there is no table yet');
    });
    this.logger.debug('API routes registered');
  }
}

/** Of the namespaces. */
function* namesOf(cache: ObjectCache): Iterable<string> {
  for (const [, object] of cache.entries()) if (object.kind === namespaceKind.kind) yield object.metadata.name;
}

const metricsAnswer = async (metrics: MetricsRegistry) => ({
  code: 200,
  body: await metrics.exposeInTurns(),
  contentType: EXPOSITION_CONTENT_TYPE,
});

/** Without vowels and look-alikes, as Kubernetes: no words come out. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const randomSuffix = (): string => [...randomBytes(5)].map((byte) => alphabet[byte % alphabet.length]).join('');
