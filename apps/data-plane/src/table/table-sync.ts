import type { Cancel, Clock } from '#libs/clock';
import type { Logger } from '#libs/telemetry';
import type { Credentials } from '../credentials/credentials.js';
import type { ControlPlaneClient } from './control-plane-client.js';
import type { CurrentTable } from './current-table.js';
import { prepareTable } from './prepare-table.js';
import { serveTable } from './serve-table.js';
import type { Snapshot } from './snapshot-content.js';
import type { SnapshotFiles } from './snapshot-files.js';
import type { SnapshotHealth } from './snapshot-health.js';
import { SnapshotWriter } from './snapshot-writer.js';

const SNAPSHOT_DELAY_MS = 500;
/** How soon a rotated credential file is taken up. */
const CREDENTIAL_RELOAD_MS = 10_000;

export interface TableSyncOptions {
  readonly current: CurrentTable;
  readonly credentials: Credentials;
  /** Those of providers that can be spoken here: a snapshot that names another is of no use. */
  readonly dialects: readonly string[];
  readonly client: Pick<ControlPlaneClient, 'start' | 'stop'>;
  /** Absent: nothing is kept on disk. */
  readonly snapshots?: { readonly files: SnapshotFiles; readonly health: SnapshotHealth };
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps the table current: from the disk at a cold start, then from the control plane, and back to the disk. */
export class TableSync {
  private readonly writer: SnapshotWriter | undefined;
  private cancelReload: Cancel | undefined;
  private stopped = false;

  constructor(private readonly options: TableSyncOptions) {
    const { clock, current, credentials, snapshots } = options;
    if (!snapshots) return;
    const { files, health } = snapshots;
    this.writer = new SnapshotWriter({
      take: () => this.snapshot(),
      write: (snapshot) => files.write(snapshot),
      health,
      clock,
      delayMs: SNAPSHOT_DELAY_MS,
    });
    current.onSwap(() => this.writer?.schedule());
    credentials.onChange(() => this.writer?.schedule());
  }

  /** Resolves once the last good snapshot is served, if there is one; the connection comes later and by itself. */
  async start(): Promise<void> {
    this.stopped = false;
    await this.coldStart();
    this.options.client.start();
    this.scheduleReload();
  }

  /** The disk gets what is served, however the stream ends. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelReload?.();
    try {
      await this.options.client.stop();
    } finally {
      await this.writer?.stop();
    }
  }

  private async coldStart(): Promise<void> {
    const { logger, snapshots } = this.options;
    if (!snapshots) return;
    const unusable = (path: string, reason: string) => logger.error({ path, reason }, 'a snapshot cannot be used');
    try {
      for await (const { path, snapshot } of snapshots.files.load(unusable)) {
        try {
          await this.serve(snapshot);
          logger.info(
            { path, revision: snapshot.revision, version: snapshot.version },
            'serving the last good snapshot',
          );
          return;
        } catch (error) {
          unusable(path, error instanceof Error ? error.message : String(error));
        }
      }
    } catch (error) {
      logger.error({ err: error }, 'the snapshots cannot be read');
    }
    logger.warn('no snapshot to serve from: not ready until the control plane sends a table');
  }

  private async serve({ credentials, entries, ...table }: Snapshot): Promise<void> {
    const { dialects } = this.options;
    const next = await prepareTable({ ...table, upserts: entries, removals: [] }, { dialects });
    this.options.credentials.receive(credentials);
    await serveTable(next, this.options);
  }

  private snapshot(): Snapshot | undefined {
    const table = this.options.current.current;
    if (!table) return undefined;
    return {
      credentials: this.options.credentials.snapshot(),
      revision: table.revision,
      version: table.version,
      schemaVersion: table.content.digest.schemaVersion,
      // Read piece by piece while it is written; a table's content never changes.
      entries: table.entries(),
    };
  }

  private scheduleReload(): void {
    if (this.stopped) return;
    this.cancelReload = this.options.clock.after(CREDENTIAL_RELOAD_MS, () => void this.reload());
  }

  private async reload(): Promise<void> {
    try {
      await this.options.credentials.reload();
    } catch (error) {
      this.options.logger.error({ err: error }, 'env and file credentials could not be read again');
    }
    this.scheduleReload();
  }
}
