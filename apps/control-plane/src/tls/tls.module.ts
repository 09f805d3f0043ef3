import { Module } from '@nestjs/common';
import { SystemSecrets } from '../secrets/system-secrets.js';
import type { ControlPlaneConfig } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { ServerIdentity } from './server-identity.js';

@Module({
  providers: [
    {
      provide: ServerIdentity,
      inject: [SystemSecrets, CONFIG],
      useFactory: (secrets: SystemSecrets, config: ControlPlaneConfig) =>
        ServerIdentity.create(secrets, [config.hostname, ...config.tlsNames], Date.now()),
    },
  ],
  exports: [ServerIdentity],
})
export class TlsModule {}
