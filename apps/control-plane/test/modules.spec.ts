import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { kindOf } from '#libs/resources';
import { createLogger, MetricsRegistry } from '#libs/telemetry';
import { ConfigModule, type ProcessEnvironment } from '../src/config/config.module.js';
import { AuditModule } from '../src/audit/audit.module.js';
import { AuditService } from '../src/audit/audit.service.js';
import { DatabaseModule } from '../src/database/database.module.js';
import { EncryptionModule } from '../src/encryption/encryption.module.js';
import { entities } from '../src/entities.js';
import { LeaderElection } from '../src/leader/leader-election.js';
import { LeaderModule } from '../src/leader/leader.module.js';
import { CredentialVersions } from '../src/secrets/credential-versions.js';
import { SecretsModule } from '../src/secrets/secrets.module.js';
import type { ChangeFeed, ObjectStore } from '../src/store/object-store.js';
import { StoreModule } from '../src/store/store.module.js';
import { CHANGE_FEED, OBJECT_STORE } from '../src/store/tokens.js';
import { Recording, until } from './store-fixture.js';
import { createEmptyDatabase } from './test-database.js';
import { alice, create, keyOf } from './test-kinds.js';

test('the modules compose on an empty database, work, and close without leaving a connection', async () => {
  const database = await createEmptyDatabase();
  const directory = mkdtempSync(join(tmpdir(), 'modules-'));
  const masterKeyFile = join(directory, 'master.key');
  writeFileSync(masterKeyFile, randomBytes(32).toString('base64'));

  const metrics = new MetricsRegistry();
  @Module({
    imports: [
      ConfigModule.with({ logger: createLogger({ name: 'test', level: 'silent' }), metrics } as ProcessEnvironment),
      AuditModule,
      LeaderModule,
      StoreModule,
      EncryptionModule.forRoot({ masterKeyFile }),
      SecretsModule,
      DatabaseModule.forRoot({ url: database.url, entities }),
    ],
  })
  class Application {}

  const application = await NestFactory.createApplicationContext(Application, { logger: false });
  const [store, feed] = [application.get<ObjectStore>(OBJECT_STORE), application.get<ChangeFeed>(CHANGE_FEED)];
  const namespace = kindOf('v1', 'Namespace');
  if (!namespace) throw new Error('the registry has no Namespace');
  const seen = new Recording();
  await feed.subscribe(feed.revision, seen.onTransaction, seen.onEnd);
  await store.commit([create(keyOf(namespace, 'team'))], alice);
  // The version key of credentials is a Secret of its own, whose transaction may come by as well.
  await until('the change is seen', () => seen.transactions.flat().some(({ name }) => name === 'team'));
  await until('it leads', () => application.get(LeaderElection).current !== undefined);
  expect(application.get(CredentialVersions).versionOf('a')).toHaveLength(32);
  // The keys of the audit and of credential versions, and the namespace.
  const verification = application.get(AuditService).verify();
  expect((await verification.next()).value).toEqual({ rows: 3, row: 3, head: 3 });
  expect((await verification.next()).value).toMatchObject({ valid: true, unkeyedRows: 0 });

  await until('the head of the audit is a metric', () => metrics.expose().includes('signalbox_audit_head_id 2'));

  await application.close();
  await until('all its connections are closed', async () => {
    const [{ count }] = await database.dataSource.query<[{ count: string }]>(
      `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    return count === '0';
  });
  rmSync(directory, { recursive: true });
  await database.drop();
});
