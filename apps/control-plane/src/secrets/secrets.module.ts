import { Global, Module } from '@nestjs/common';
import { kindOf } from '#libs/resources';
import type { ObjectStore } from '../store/object-store.js';
import { OBJECT_STORE } from '../store/tokens.js';
import { CredentialVersions } from './credential-versions.js';
import { SystemSecrets } from './system-secrets.js';

/** The product's own secrets, and versions of credentials. */
@Global()
@Module({
  providers: [
    {
      provide: SystemSecrets,
      useFactory: (store: ObjectStore) => {
        const secret = kindOf('v1', 'Secret');
        if (!secret) throw new Error('the kind registry has no Secret');
        return new SystemSecrets(store, secret);
      },
      inject: [OBJECT_STORE],
    },
    {
      provide: CredentialVersions,
      useFactory: (secrets: SystemSecrets) => CredentialVersions.load(secrets),
      inject: [SystemSecrets],
    },
  ],
  exports: [SystemSecrets, CredentialVersions],
})
export class SecretsModule {}
