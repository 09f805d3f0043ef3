import type { DataSource } from 'typeorm';
import type { Pool } from 'pg';
import { createDataSource } from '../src/database/data-source.js';
import { PostgresObjectStore } from '../src/store/postgres-object-store.js';
import { DatabaseRoute } from './database-route.js';
import { createStoreFixture, range, type StoreFixture } from './store-fixture.js';
import { alice, keyOf, put, widgets } from './test-kinds.js';

describe('a pool whose connections fall silent', () => {
  let fixture: StoreFixture;
  let route: DatabaseRoute;
  let dataSource: DataSource;
  let store: PostgresObjectStore;
  const errors: Error[] = [];

  beforeEach(async () => {
    fixture = await createStoreFixture();
    route = new DatabaseRoute();
    dataSource = await createDataSource({
      url: await route.through(fixture.url),
      onError: (_where, error) => errors.push(error),
    }).initialize();
    store = new PostgresObjectStore(dataSource, fixture.keys);
  });
  afterEach(async () => {
    await dataSource.destroy();
    await route.close();
    await fixture.close();
  });

  const pool = () => (dataSource.driver as unknown as { master: Pool }).master;
  /** How it ended, and after how long. */
  const timed = async (work: Promise<unknown>): Promise<{ code: unknown; tookMs: number }> => {
    const start = performance.now();
    const code = await work.then(
      () => 200,
      (error: { code?: unknown }) => error.code,
    );
    return { code, tookMs: performance.now() - start };
  };
  const requests = (count: number) =>
    Promise.all(range(1, count).map((number) => timed(store.commit([put(keyOf(widgets, `w${number}`), {})], alice))));

  test('keeps no request for ten seconds, and has all its slots again', async () => {
    expect((await requests(32)).map(({ code }) => code)).toEqual(Array.from({ length: 32 }, () => 200));
    const open = pool().totalCount;
    expect(open).toBeGreaterThan(8);

    // As a fail-over leaves them: what was open is silent, what is opened works.
    route.blackHole({ onlyOpen: true });
    const hit = await requests(open);
    expect(new Set(hit.map(({ code }) => code))).toEqual(new Set([503]));
    for (const { tookMs } of hit) expect(tookMs).toBeLessThan(10_000);
    expect(pool().totalCount).toBe(0);

    expect((await requests(32)).map(({ code }) => code)).toEqual(Array.from({ length: 32 }, () => 200));
    expect(pool().totalCount).toBe(pool().idleCount);
  });

  test('also while nothing passes at all: each request waits for a slot, or for an answer, and hears 503', async () => {
    await requests(16);
    route.blackHole();
    for (const { code, tookMs } of await requests(40)) {
      expect(code).toBe(503);
      expect(tookMs).toBeLessThan(10_000);
    }
    route.restore();
    expect((await timed(store.get(keyOf(widgets, 'w1')))).code).toBe(200);
  });
});
