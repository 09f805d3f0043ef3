import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { createDataSource } from '../src/database/data-source.js';
import { DatabaseRoute } from './database-route.js';
import { createTestDatabase } from './test-database.js';

/** What Postgres sends when a connection may begin, and what it sends to all when its postmaster was killed. */
const ready = Buffer.from('Z\0\0\0\x05I', 'latin1');
const fields = 'SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0';
const lastWords = Buffer.concat([
  Buffer.from('E\0\0\0', 'latin1'),
  Buffer.from([fields.length + 4]),
  Buffer.from(fields),
]);

/** Its welcome is the first; then it is asked whether it can serve, and who it is. */
test.each([1, 2, 3])('a server that dies with its answer %i fails what asked for it, and ends nobody', async (last) => {
  const database = await createTestDatabase();
  const route = new DatabaseRoute();
  const direct = new URL(await route.through(database.url));
  let dying = false;
  // Between the pool and the real server: its welcome arrives in one piece with its last words.
  const relay = createServer((near) => {
    const far = connect(Number(direct.port), direct.hostname);
    near.pipe(far).on('error', () => undefined);
    near.on('error', () => undefined);
    let answers = 0;
    far.on('data', (chunk: Buffer) => {
      if (chunk.subarray(-ready.length + 1, -1).equals(ready.subarray(1, -1))) answers += 1;
      const dies = dying && answers === last;
      near.write(dies ? Buffer.concat([chunk, lastWords]) : chunk);
      if (dies) far.destroy();
    });
    far.on('close', () => near.end());
  });
  await once(relay.listen(0, '127.0.0.1'), 'listening');
  const url = `postgres://${direct.username}@127.0.0.1:${(relay.address() as AddressInfo).port}${direct.pathname}`;
  const dataSource = await createDataSource({ url, poolSize: 4 }).initialize();

  // The pool's first connection is held, so that each of these needs a new one.
  const holder = dataSource.createQueryRunner();
  await holder.connect();
  dying = true;
  const answers = await Promise.allSettled(Array.from({ length: 8 }, () => dataSource.query('SELECT 1')));
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill('rejected'));
  dying = false;
  expect(await dataSource.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);

  await holder.release();
  await dataSource.destroy();
  relay.close();
  await route.close();
  await database.drop();
});
