import { MetricsRegistry } from '#libs/telemetry';
import { createTestDatabase } from '../../test/test-database.js';
import { TableSizes } from './table-sizes.js';

test('shows each table with its indexes, as it was when it was last looked at', async () => {
  const database = await createTestDatabase();
  const metrics = new MetricsRegistry();
  const errors: Error[] = [];
  const sizes = new TableSizes(database.dataSource, (error) => errors.push(error));
  sizes.register(metrics);
  const size = (table: string): number =>
    Number(
      new RegExp(`^signalbox_database_table_bytes\\{table="${table}"\\} (\\d+)$`, 'm').exec(metrics.expose())?.[1],
    );
  await sizes.look();
  const before = size('object_revision');
  await database.dataSource.query(
    `INSERT INTO object_revision
     SELECT rv, '', 'Widget', 'default', 'w', gen_random_uuid(), 1, now(), '{}' FROM generate_series(1, 1000) AS rv`,
  );
  await sizes.look();
  expect(size('object_revision')).toBeGreaterThan(before + 50_000);
  expect(size('audit')).toBeGreaterThan(0);
  await database.dataSource.destroy();
  await sizes.look();
  expect(errors).toHaveLength(1);
  await database.drop();
});
