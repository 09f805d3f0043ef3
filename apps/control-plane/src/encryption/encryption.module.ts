import { type DynamicModule, Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from '#libs/telemetry';
import { KEY_FILE_INTERVAL_MS, MasterKeyFile } from './master-key-file.js';

export interface EncryptionOptions {
  /** See `MasterKeys.parse`. A bad file stops the start. */
  readonly masterKeyFile: string;
  readonly logger?: Logger;
}

/** Encryption at rest. */
@Global()
@Module({})
export class EncryptionModule implements OnApplicationShutdown {
  readonly #timer: NodeJS.Timeout;

  constructor(keys: MasterKeyFile) {
    this.#timer = setInterval(() => keys.refresh(), KEY_FILE_INTERVAL_MS);
    this.#timer.unref();
  }

  static forRoot({ masterKeyFile, logger }: EncryptionOptions): DynamicModule {
    return {
      module: EncryptionModule,
      providers: [{ provide: MasterKeyFile, useFactory: () => new MasterKeyFile(masterKeyFile, { logger }) }],
      exports: [MasterKeyFile],
    };
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }
}
