import { Global, Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { systemClock } from '#libs/clock';
import { type Logger, MetricsRegistry } from '#libs/telemetry';
import { LOGGER } from '../config/config.module.js';
import type { DatabaseOptions } from '../database/data-source.js';
import { DATABASE_OPTIONS } from '../database/database.module.js';
import { AuditHeadExport } from './audit-head-export.js';
import { AuditKeys } from './audit-keys.js';
import { AuditRetention } from './audit-retention.js';
import { AuditService } from './audit.service.js';

const EXPIRE_EVERY_MS = 3_600_000;

/** Reading, verifying and expiring the audit. Its rows are written by the object store. */
@Global()
@Module({
  providers: [
    {
      provide: AuditService,
      useFactory: (dataSource: DataSource, keys: AuditKeys) => new AuditService(dataSource, keys),
      inject: [DataSource, AuditKeys],
    },
    {
      provide: AuditRetention,
      useFactory: (dataSource: DataSource, keys: AuditKeys) => new AuditRetention(dataSource, keys),
      inject: [DataSource, AuditKeys],
    },
    {
      provide: AuditHeadExport,
      useFactory: (audit: AuditService, logger: Logger, metrics: MetricsRegistry) => {
        const heads = new AuditHeadExport({ audit, clock: systemClock, logger });
        metrics.gaugeFrom(
          'signalbox_audit_head_id',
          'Id of the newest row of the audit: it never falls.',
          [],
          (observe) => {
            if (heads.lastId !== undefined) observe(heads.lastId);
          },
        );
        return heads;
      },
      inject: [AuditService, LOGGER, MetricsRegistry],
    },
  ],
  exports: [AuditService],
})
export class AuditModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #expiry: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly retention: AuditRetention,
    private readonly heads: AuditHeadExport,
    @Inject(DATABASE_OPTIONS) private readonly options: DatabaseOptions,
  ) {}

  onApplicationBootstrap(): void {
    void this.heads.start();
    this.#timer = setInterval(() => {
      this.#expiry = this.retention.expire().catch((error: Error) => this.options.onError?.('audit retention', error));
    }, EXPIRE_EVERY_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([this.#expiry, this.heads.stop()]);
  }
}
