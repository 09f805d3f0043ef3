import { Global, Module, type DynamicModule } from '@nestjs/common';
import { kindOf } from '#libs/resources';
import type { ObjectStore } from '../store/object-store.js';
import { OBJECT_STORE } from '../store/tokens.js';
import { CredentialVersions } from './credential-versions.js';
import { MasterKeys } from '../encryption/master-keys.js';
import { SystemSecrets } from './system-secrets.js';

/** Encryption at rest, the product's own secrets, and versions of credentials. */
@Global()
@Module({})
export class SecretsModule {
  /** `masterKeyFile`: see `MasterKeys.parse`. A bad file stops the start. */
  static forRoot({ masterKeyFile }: { readonly masterKeyFile: string }): DynamicModule {
    return {
      module: SecretsModule,
      providers: [
        { provide: MasterKeys, useFactory: () => MasterKeys.load(masterKeyFile) },
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
      exports: [MasterKeys, SystemSecrets, CredentialVersions],
    };
  }
}
