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
    store = new PostgresObjectStore(dataSource, fixture);
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
  const reads = (count: number) =>
    Promise.all(range(1, count).map((number) => timed(store.get(keyOf(widgets, `w${number}`)))));
  const write = (number: number) => timed(store.commit([put(keyOf(widgets, `w${number}`), { number })], alice));
  const answered = (count: number) => range(1, count).map(() => expect.objectContaining({ code: 200 }) as unknown);

  test('keeps no request for ten seconds, and has all its slots again', async () => {
    expect(await reads(32)).toEqual(answered(32));
    expect(pool().totalCount).toBe(16);

    // As a fail-over leaves them: what was open is silent, what is opened works.
    route.blackHole({ onlyOpen: true });
    const hit = await reads(16);
    for (const { code, tookMs } of hit) {
      expect(code).toBe(503);
      expect(tookMs).toBeLessThan(10_000);
    }
    expect(pool().totalCount).toBe(0);
    expect(await reads(32)).toEqual(answered(32));
    expect(pool().idleCount).toBe(pool().totalCount);
  });

  test('one request finds out for all: those after it get connections that work', async () => {
    await reads(32);
    route.blackHole({ onlyOpen: true });
    const first = write(1);
    // It waits behind the first one, and has no answer due yet when that one is given up.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const second = write(2);
    expect((await first).code).toBe(503);
    expect((await second).code).toBe(200);
    expect(await reads(20)).toEqual(answered(20));
  });

  test('also while nothing passes at all: each request waits for a slot, or for an answer, and hears 503', async () => {
    await reads(16);
    route.blackHole();
    for (const { code, tookMs } of (await Promise.all([reads(40), Promise.all(range(1, 8).map(write))])).flat()) {
      expect(code).toBe(503);
      expect(tookMs).toBeLessThan(10_000);
    }
    route.restore();
    expect((await timed(store.get(keyOf(widgets, 'w1')))).code).toBe(200);
  });
});
