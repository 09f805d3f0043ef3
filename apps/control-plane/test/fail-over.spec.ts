import { randomBytes } from 'node:crypto';
import { KindRegistry } from '#libs/apimachinery';
import type { DataSource } from 'typeorm';
import { AuditKeys } from '../src/audit/audit-keys.js';
import { beginKeyedChain } from '../src/audit/keyed-chain.js';
import { entities } from '../src/entities.js';
import type { NewLineage } from '../src/database/sessions/lineage.js';
import { createDataSource } from '../src/database/data-source.js';
import { openDatabase } from '../src/database/open-database.js';
import { MasterKeys } from '../src/encryption/master-keys.js';
import { ExpiredRevisionError } from '../src/store/expired-revision-error.js';
import { LogCompactor } from '../src/store/log-compactor.js';
import { LogFollower } from '../src/store/log-follower.js';
import { LogReader } from '../src/store/log-reader.js';
import { ObjectCodec } from '../src/store/object-codec.js';
import { PostgresObjectStore } from '../src/store/postgres-object-store.js';
import { DatabaseRoute } from './database-route.js';
import { ReplicatedPostgres } from '../../../test/replicated-postgres.js';
import { Recording, until } from './store-fixture.js';
import { alice, create, keyOf, testKinds, widgets } from './test-kinds.js';

describe('a fail-over to a standby that lost acknowledged writes', () => {
  let servers: ReplicatedPostgres;
  let route: DatabaseRoute;
  let dataSource: DataSource;
  let store: PostgresObjectStore;
  let follower: LogFollower;
  const changes: NewLineage[] = [];

  beforeAll(async () => {
    servers = await ReplicatedPostgres.start();
    route = new DatabaseRoute();
    const server = {
      url: await route.through(servers.primaryUrl),
      lineage: { changed: (change: NewLineage) => changes.push(change), unknown: () => {} },
    };
    dataSource = await openDatabase({ ...server, entities });
    const keys = new MasterKeys([randomBytes(32)]);
    const auditKeys = new AuditKeys(randomBytes(32));
    await beginKeyedChain(dataSource, auditKeys);
    store = new PostgresObjectStore(dataSource, { keys, auditKeys });
    follower = new LogFollower(new LogReader(new KindRegistry(testKinds), new ObjectCodec(keys)), {
      ...server,
      query: (sql, parameters) => dataSource.query(sql, [...parameters]),
      pollMs: 50,
      random: () => 0,
    });
    await follower.start();
  });
  afterAll(async () => {
    await follower.stop();
    await dataSource.destroy();
    await route.close();
    await servers.stop();
  });

  const put = async (name: string): Promise<number> =>
    (await store.commit([create(keyOf(widgets, name))], alice)).revision;
  const subscribe = async (after: number): Promise<Recording> => {
    const seen = new Recording();
    await follower.subscribe(after, seen.onTransaction, seen.onEnd);
    return seen;
  };
  const names = async (): Promise<string[]> =>
    (await store.list(widgets, {})).items.map(({ metadata }) => metadata.name);

  test('gives no revision twice, and sends everyone who follows back to a list', async () => {
    const kept = await put('kept');
    await dataSource.query('UPDATE leader SET epoch = 7');
    await until('the follower has seen what will be kept', () => follower.revision === kept);
    const live = await subscribe(kept);
    await servers.caughtUp();
    servers.separate();
    const lost = [await put('lost-1'), await put('lost-2'), await put('lost-3')];
    await until('the follower has seen what is about to be lost', () => follower.revision === lost.at(-1));
    await dataSource.query('UPDATE leader SET epoch = 8');

    // A standby takes nobody's connections, before and after.
    route.cut();
    route.leadTo(servers.standbyUrl);
    route.restore();
    await expect(put('too-early')).rejects.toMatchObject({ code: 503 });
    expect(changes).toEqual([]);
    await servers.promote();

    // As many as were lost, and more, so that reused revisions would not show.
    const fresh: number[] = [];
    for (const number of [1, 2, 3, 4, 5, 6]) {
      await until('the database takes writes', async () => {
        try {
          return fresh.push(await put(`new-${number}`)) > 0;
        } catch (error) {
          if ((error as { code?: unknown }).code === 503) return false;
          throw error;
        }
      });
    }
    expect(await names()).toEqual(['kept', 'new-1', 'new-2', 'new-3', 'new-4', 'new-5', 'new-6']);
    expect(changes).toHaveLength(1);
    const [{ previousServer, server, revision } = { previousServer: '', server: '', revision: 0 }] = changes;
    expect(previousServer).toMatch(/^\d{10,}\/00000001$/);
    expect(server).toBe(`${previousServer.split('/')[0]}/00000002`);
    // Far ahead of all that was ever given, and nothing before it is served any more.
    expect(revision % 2 ** 20).toBe(0);
    expect(revision).toBeGreaterThanOrEqual(2 ** 21);
    expect(fresh).toEqual([1, 2, 3, 4, 5, 6].map((number) => revision + number));

    await until('the live subscriber is told', () => live.ended !== undefined);
    expect(live.ended).toBeInstanceOf(ExpiredRevisionError);
    expect(live.revisions).toEqual(lost);
    for (const old of [kept, ...lost]) await expect(subscribe(old)).rejects.toThrow(ExpiredRevisionError);
    await until('the follower follows again', () => follower.connected && follower.revision === fresh.at(-1));
    expect((await subscribe(revision)).revisions).toEqual(fresh);
  });

  test('leaves no epoch valid that was ever given', async () => {
    const [row] = await dataSource.query<[{ epoch: string }]>('SELECT epoch FROM leader');
    expect(Number(row.epoch)).toBeGreaterThan(2 ** 20);
  });

  test('stays compacted where it went on, also once the old rows are removed', async () => {
    const { revision } = changes[0]!;
    const compactor = new LogCompactor(dataSource, { keepMs: 0, keepRows: 6, batchRows: 1 });
    expect(await compactor.compact()).toBe(1);
    const [row] = await dataSource.query<[{ compacted: string }]>('SELECT compacted FROM meta');
    expect(Number(row.compacted)).toBe(revision);
  });

  test('happens once: who connects later finds the revisions where they are', async () => {
    const again = await createDataSource({
      url: servers.standbyUrl,
      lineage: { changed: (change) => changes.push(change), unknown: () => {} },
    }).initialize();
    await again.destroy();
    expect(changes).toHaveLength(1);
  });
});
