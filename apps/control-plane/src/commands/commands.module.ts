import { Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { systemClock } from '#libs/clock';
import { kindOf } from '#libs/resources';
import type { Logger } from '#libs/telemetry';
import { AuditKeys } from '../audit/audit-keys.js';
import { LOGGER } from '../config/config.module.js';
import type { DatabaseOptions } from '../database/data-source.js';
import { DATABASE_OPTIONS } from '../database/database.module.js';
import type { ObjectStore } from '../store/object-store.js';
import { OBJECT_STORE } from '../store/tokens.js';
import { CommandFollower } from './command-follower.js';
import { CommandTable } from './command-table.js';
import { FleetCommands } from './fleet-commands.js';

const kind = kindOf('signalbox.dev/v1', 'DataPlane')!;

/** What people have data planes do at once, beside the configuration. */
@Module({
  providers: [
    {
      provide: CommandTable,
      inject: [DataSource, AuditKeys],
      useFactory: (dataSource: DataSource, keys: AuditKeys) => new CommandTable(dataSource, keys),
    },
    {
      provide: CommandFollower,
      inject: [CommandTable, DATABASE_OPTIONS],
      useFactory: (table: CommandTable, { url, lineage, onError, onAnswer }: DatabaseOptions) =>
        new CommandFollower({
          url,
          table,
          lineage,
          onError: (error) => onError?.('commands', error),
          onAnswer: () => onAnswer?.('commands'),
        }),
    },
    {
      provide: FleetCommands,
      inject: [CommandTable, CommandFollower, OBJECT_STORE, LOGGER],
      useFactory: (table: CommandTable, follower: CommandFollower, store: ObjectStore, logger: Logger) => {
        const commands = new FleetCommands({ table, follower, store, kind, clock: systemClock, logger });
        follower.onCommand((command) => commands.handOut(command));
        return commands;
      },
    },
  ],
  exports: [FleetCommands],
})
export class CommandsModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(CommandFollower) private readonly follower: CommandFollower) {}

  onApplicationBootstrap(): void {
    this.follower.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.follower.stop();
  }
}
