import type { DataSource } from 'typeorm';
import type { MetricsRegistry } from '#libs/telemetry';

const LOOK_EVERY_MS = 5 * 60_000;

/** How large our tables are, indexes and long values included. Asked of the catalogue now and then: no table is read. */
export class TableSizes {
  #sizes: ReadonlyMap<string, number> = new Map();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly onError: (error: Error) => void,
  ) {}

  register(metrics: MetricsRegistry): void {
    const help = 'Size of a table with its indexes; object_revision and, up to its retention, audit only grow.';
    metrics.gaugeFrom('signalbox_database_table_bytes', help, ['table'], (observe) => {
      for (const [table, bytes] of this.#sizes) observe(bytes, table);
    });
  }

  start(): void {
    void this.look();
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async look(): Promise<void> {
    const tables = this.dataSource.entityMetadatas.map(({ tableName }) => tableName);
    try {
      const rows = await this.dataSource.query<{ name: string; bytes: string }[]>(
        'SELECT name, pg_total_relation_size(to_regclass(name)) AS bytes FROM unnest($1::text[]) AS name',
        [tables],
      );
      this.#sizes = new Map(rows.map(({ name, bytes }) => [name, Number(bytes)]));
    } catch (error) {
      this.onError(error as Error);
    }
  }
}
