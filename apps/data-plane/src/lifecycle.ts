import type { Logger } from '#libs/telemetry';
import type { AdminServer } from './admin/admin-server.js';
import type { Probes } from './admin/probes.js';
import type { DataPlaneConfig } from './config/config.js';
import { type DataServer, startDataServer } from './http/data-server.js';
import type { Runtime } from './pipeline/runtime.js';
import type { ShutdownStep } from './shutdown.js';
import type { TableSync } from './table/table-sync.js';

export interface LifecycleParts {
  readonly config: DataPlaneConfig;
  readonly logger: Logger;
  readonly runtime: Runtime;
  readonly tableSync: TableSync;
  readonly admin: AdminServer;
  readonly probes: Probes;
}

/** After its deadline a drain gives last words two seconds to be taken, and is over then. */
const DRAIN_GRACE_MS = 3_000;
const CLOSE_DEADLINE_MS = 5_000;

/** What is opened in which order, and closed in which. */
export class Lifecycle {
  private dataServer: DataServer | undefined;

  constructor(private readonly parts: LifecycleParts) {}

  /**
   * Operators first (a start that hangs can be looked at), then the last good table, then clients, so that the first
   * request already meets a table. Rejects if an address is taken.
   */
  async start(): Promise<void> {
    const { admin, config, logger, probes, runtime, tableSync } = this.parts;
    const adminAddress = await admin.listen(config.adminHost, config.adminPort);
    await tableSync.start();
    this.dataServer = await startDataServer(runtime, {
      host: config.host,
      port: config.port,
      probe: (target) => probes.answer(target),
    });
    probes.markStarted();
    logger.info(
      { address: this.dataServer.address.address, port: this.dataServer.address.port, admin_port: adminAddress.port },
      'data plane is up',
    );
  }

  /** The admin listener goes last: what happens during the drain can be watched. */
  shutdownSteps(): ShutdownStep[] {
    const { admin, config, probes, runtime, tableSync } = this.parts;
    return [
      { name: 'unready', deadlineMs: CLOSE_DEADLINE_MS, run: () => probes.markStopping() },
      {
        name: 'drain',
        deadlineMs: config.drainTimeoutMs + DRAIN_GRACE_MS,
        run: () => this.dataServer?.drain(config.drainTimeoutMs),
      },
      { name: 'table', deadlineMs: CLOSE_DEADLINE_MS, run: () => tableSync.stop() },
      { name: 'upstream', deadlineMs: CLOSE_DEADLINE_MS, run: () => runtime.transport.close() },
      { name: 'admin', deadlineMs: CLOSE_DEADLINE_MS, run: () => admin.close() },
    ];
  }
}
