import { Module } from '@nestjs/common';
import type { Logger } from '#libs/telemetry';
import type { ControlPlaneConfig } from '../config/config.js';
import { CONFIG, LOGGER } from '../config/config.module.js';
import { Authenticator } from './authenticator.js';
import { BuiltInAuthorizer } from './built-in-authorizer.js';

/** Injection token of the `Authorizer`. */
export const AUTHORIZER = Symbol('Authorizer');

@Module({
  providers: [
    {
      provide: Authenticator,
      inject: [CONFIG, LOGGER],
      useFactory: (config: ControlPlaneConfig, logger: Logger) => new Authenticator(config.tokensFile, logger),
    },
    { provide: AUTHORIZER, useClass: BuiltInAuthorizer },
  ],
  exports: [Authenticator, AUTHORIZER],
})
export class AuthModule {}
