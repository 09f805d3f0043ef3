import { Module } from '@nestjs/common';
import { MetricsRegistry, type Logger, type Telemetry } from '#libs/telemetry';
import { LOGGER, TELEMETRY } from '../config/config.module.js';
import { CacheModule } from '../cache/cache.module.js';
import { CompileController } from './compile-controller.js';
import { CompileThread } from './compile-thread.js';
import { ObjectCache } from '../cache/object-cache.js';
import { countReconciles } from '#libs/telemetry';
import { SecretValues } from '../cache/secret-values.js';
import { systemClock } from '#libs/clock';

/** From changed objects to a table. Apart from what becomes of it, so that the API can ask what would come out. */
@Module({
  imports: [CacheModule],
  providers: [
    CompileThread,
    {
      provide: CompileController,
      inject: [ObjectCache, SecretValues, CompileThread, TELEMETRY, LOGGER, MetricsRegistry],
      useFactory: (
        cache: ObjectCache,
        secrets: SecretValues,
        thread: CompileThread,
        telemetry: Telemetry,
        logger: Logger,
        metrics: MetricsRegistry,
      ) =>
        new CompileController({
          cache,
          secrets,
          thread,
          clock: systemClock,
          random: Math.random,
          tracer: telemetry.tracer,
          logger,
          count: countReconciles(metrics, 'compile'),
        }),
    },
  ],
  exports: [CompileController, CompileThread],
})
export class CompileModule {}
