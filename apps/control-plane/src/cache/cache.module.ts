import { Global, Module } from '@nestjs/common';
import { kinds } from '#libs/resources';
import type { Logger } from '#libs/telemetry';
import { LOGGER } from '../config/config.module.js';
import { MasterKeyFile } from '../encryption/master-key-file.js';
import { CredentialVersions } from '../secrets/credential-versions.js';
import type { ChangeFeed, ObjectStore } from '../store/object-store.js';
import { CHANGE_FEED, OBJECT_STORE } from '../store/tokens.js';
import { ObjectCache } from './object-cache.js';
import { ReferenceIndex } from './reference-index.js';
import { SecretValues } from './secret-values.js';
import { systemClock } from '#libs/clock';

/** All objects in memory, current. Started by ChangeFlowModule, once everyone who listens has been made. */
@Global()
@Module({
  providers: [
    {
      provide: ObjectCache,
      inject: [OBJECT_STORE, CHANGE_FEED, LOGGER, MasterKeyFile],
      useFactory: (store: ObjectStore, feed: ChangeFeed, logger: Logger, keys: MasterKeyFile) => {
        const cache = new ObjectCache({ store, feed, kinds, clock: systemClock, random: Math.random, logger });
        keys.onChange(() => cache.openSealed());
        return cache;
      },
    },
    {
      provide: ReferenceIndex,
      inject: [ObjectCache],
      useFactory: (cache: ObjectCache) => {
        const index = new ReferenceIndex(kinds);
        cache.onUpdate((update) => index.take(update));
        return index;
      },
    },
    {
      provide: SecretValues,
      inject: [CredentialVersions],
      useFactory: (versions: CredentialVersions) => new SecretValues((value) => versions.versionOf(value)),
    },
  ],
  exports: [ObjectCache, ReferenceIndex, SecretValues],
})
export class CacheModule {}
