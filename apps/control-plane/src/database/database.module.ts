import { Global, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { DatabaseOptions } from './data-source.js';
import { openDatabase } from './open-database.js';

/** How other modules open connections of their own (LISTEN, session locks). */
export const DATABASE_OPTIONS = Symbol('DatabaseOptions');

/** One pool for the process, open and migrated before anything that needs it is made. */
@Global()
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly dataSource: DataSource) {}

  static forRoot(options: DatabaseOptions): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        { provide: DATABASE_OPTIONS, useValue: options },
        {
          provide: DataSource,
          useFactory: () => openDatabase(options),
        },
      ],
      exports: [DATABASE_OPTIONS, DataSource],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.dataSource.destroy();
  }
}
