import { Global, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditService } from './audit.service.js';

@Global()
@Module({
  providers: [
    {
      provide: AuditService,
      useFactory: (dataSource: DataSource) => new AuditService(dataSource),
      inject: [DataSource],
    },
  ],
  exports: [AuditService],
})
export class AuditModule {}
