import { type DynamicModule, Global, Module } from '@nestjs/common';
import { MasterKeys } from './master-keys.js';

/** Encryption at rest. */
@Global()
@Module({})
export class EncryptionModule {
  /** `masterKeyFile`: see `MasterKeys.parse`. A bad file stops the start. */
  static forRoot({ masterKeyFile }: { readonly masterKeyFile: string }): DynamicModule {
    return {
      module: EncryptionModule,
      providers: [{ provide: MasterKeys, useFactory: () => MasterKeys.load(masterKeyFile) }],
      exports: [MasterKeys],
    };
  }
}
