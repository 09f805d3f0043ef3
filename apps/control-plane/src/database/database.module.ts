import {
  Global,
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { DatabaseOptions } from './data-source.js';
import { openDatabase } from './open-database.js';
import { TableSizes } from './table-sizes.js';

/** How other modules open connections of their own (LISTEN, session locks). */
export const DATABASE_OPTIONS = Symbol('DatabaseOptions');

/** One pool for the process, open and migrated before anything that needs it is made. */
@Global()
@Module({})
export class DatabaseModule implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #sizes: TableSizes;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(DATABASE_OPTIONS) private readonly options: DatabaseOptions,
  ) {
    this.#sizes = new TableSizes(dataSource, (error) => options.onError?.('table sizes', error));
  }

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

  onApplicationBootstrap(): void {
    if (!this.options.metrics) return;
    this.#sizes.register(this.options.metrics);
    this.#sizes.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#sizes.stop();
    await this.dataSource.destroy();
  }
}
