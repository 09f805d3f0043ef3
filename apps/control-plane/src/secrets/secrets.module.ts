import { Global, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { KindDefinition } from '#libs/apimachinery';
import { kindOf } from '#libs/resources';
import { AuditKeys } from '../audit/audit-keys.js';
import { MasterKeyFile } from '../encryption/master-key-file.js';
import type { ObjectStore } from '../store/object-store.js';
import { OBJECT_STORE } from '../store/tokens.js';
import { loadAuditKeys } from './audit-key.js';
import { CredentialVersions } from './credential-versions.js';
import { SystemSecrets } from './system-secrets.js';

/** The product's own secrets, and versions of credentials. */
@Global()
@Module({
  providers: [
    {
      provide: SystemSecrets,
      useFactory: (store: ObjectStore) => new SystemSecrets(store, secretKind()),
      inject: [OBJECT_STORE],
    },
    {
      provide: AuditKeys,
      useFactory: (dataSource: DataSource, keys: MasterKeyFile) => loadAuditKeys(dataSource, secretKind(), keys),
      inject: [DataSource, MasterKeyFile],
    },
    {
      provide: CredentialVersions,
      useFactory: (secrets: SystemSecrets) => CredentialVersions.load(secrets),
      inject: [SystemSecrets],
    },
  ],
  exports: [SystemSecrets, CredentialVersions, AuditKeys],
})
export class SecretsModule {}

function secretKind(): KindDefinition {
  const kind = kindOf('v1', 'Secret');
  if (!kind) throw new Error('the kind registry has no Secret');
  return kind;
}
