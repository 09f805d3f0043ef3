import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Global, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { MetricsRegistry, type Logger } from '#libs/telemetry';
import { LOGGER } from '../config/config.module.js';
import type { DatabaseOptions } from '../database/data-source.js';
import { DATABASE_OPTIONS } from '../database/database.module.js';
import { LeaderElection } from './leader-election.js';
import { leadershipLog } from './leadership-log.js';

/** The election, which starts once all modules are up and have added their listeners. */
@Global()
@Module({
  providers: [
    {
      provide: LeaderElection,
      useFactory: (options: DatabaseOptions, logger: Logger, metrics: MetricsRegistry) => {
        // Process ids repeat, in containers above all; no two starts may share a lease.
        const holder = `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`;
        const election = new LeaderElection({
          url: options.url,
          lineage: options.lineage,
          holder,
          onError: (error) => options.onError?.('leader election', error),
          onAnswer: () => options.onAnswer?.('leader election'),
        });
        election.addListener(leadershipLog(logger, holder));
        metrics.gaugeFrom('signalbox_leader', '1 on the replica that leads, 0 on the others.', [], (observe) =>
          observe(election.current ? 1 : 0),
        );
        return election;
      },
      inject: [DATABASE_OPTIONS, LOGGER, MetricsRegistry],
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
