import { hostname } from 'node:os';
import { Inject, Module, type BeforeApplicationShutdown } from '@nestjs/common';
import { systemClock } from '#libs/clock';
import { type Logger, MetricsRegistry } from '#libs/telemetry';
import type { ControlPlaneConfig } from '../config/config.js';
import { CONFIG, LOGGER } from '../config/config.module.js';
import { SystemSecrets } from '../secrets/system-secrets.js';
import { ServerIdentity } from './server-identity.js';

@Module({
  providers: [
    {
      provide: ServerIdentity,
      inject: [SystemSecrets, CONFIG, LOGGER, MetricsRegistry],
      useFactory: async (
        secrets: SystemSecrets,
        config: ControlPlaneConfig,
        logger: Logger,
        metrics: MetricsRegistry,
      ) => {
        const names = () => [hostname(), ...config.tlsNames];
        const identity = await ServerIdentity.create({ secrets, names, nowMs: Date.now, clock: systemClock, logger });
        metrics.gaugeFrom(
          'signalbox_certificate_expires_seconds',
          'Seconds until a certificate of this replica expires.',
          ['certificate'],
          (observe) => {
            for (const [certificate, seconds] of Object.entries(identity.secondsLeft)) observe(seconds, certificate);
          },
        );
        return identity;
      },
    },
  ],
  exports: [ServerIdentity],
})
export class TlsModule implements BeforeApplicationShutdown {
  constructor(@Inject(ServerIdentity) private readonly identity: ServerIdentity) {}

  beforeApplicationShutdown(): void {
    this.identity.stop();
  }
}
