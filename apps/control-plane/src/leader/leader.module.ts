import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Global, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { DatabaseOptions } from '../database/data-source.js';
import { DATABASE_OPTIONS } from '../database/database.module.js';
import { LeaderElection } from './leader-election.js';

/** The election, which starts once all modules are up and have added their listeners. */
@Global()
@Module({
  providers: [
    {
      provide: LeaderElection,
      useFactory: (options: DatabaseOptions) =>
        new LeaderElection({
          url: options.url,
          lineage: options.lineage,
          // Process ids repeat, in containers above all; no two starts may share a lease.
          holder: `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`,
          onError: (error) => options.onError?.('leader election', error),
        }),
      inject: [DATABASE_OPTIONS],
    },
  ],
  exports: [LeaderElection],
})
export class LeaderModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly election: LeaderElection) {}

  onApplicationBootstrap(): void {
    this.election.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.election.stop();
  }
}
