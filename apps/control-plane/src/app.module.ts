import { type DynamicModule, Module } from '@nestjs/common';
import { ApiModule } from './api/api.module.js';
import { AuditModule } from './audit/audit.module.js';
import { ConfigModule, type ProcessEnvironment } from './config/config.module.js';
import { databaseLog } from './database/database-log.js';
import { DatabaseModule } from './database/database.module.js';
import { EncryptionModule } from './encryption/encryption.module.js';
import { entities } from './entities.js';
import { LeaderModule } from './leader/leader.module.js';
import { ChangeFlowModule } from './change-flow.module.js';
import { NamespacesModule } from './namespaces/namespaces.module.js';
import { SecretsModule } from './secrets/secrets.module.js';
import { StoreModule } from './store/store.module.js';
import { TlsModule } from './tls/tls.module.js';

/** The control plane: every module folder, put together. */
@Module({})
export class AppModule {
  static with(environment: ProcessEnvironment): DynamicModule {
    const { config, logger } = environment;
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(environment),
        DatabaseModule.forRoot({
          url: config.databaseUrl,
          entities,
          metrics: environment.metrics,
          ...databaseLog(logger, () => performance.now()),
        }),
        EncryptionModule.forRoot({ masterKeyFile: config.masterKeyFile, logger }),
        SecretsModule,
        StoreModule,
        LeaderModule,
        AuditModule,
        TlsModule,
        ApiModule,
        NamespacesModule,
        ChangeFlowModule,
      ],
    };
  }
}
