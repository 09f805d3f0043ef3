import type { Clock } from '#libs/clock';
import type { Logger } from '#libs/telemetry';
import type { AuditHead, AuditService } from './audit.service.js';

export interface AuditHeadExportOptions {
  readonly audit: Pick<AuditService, 'head'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** How often the head is read, for the metric. */
const READ_EVERY_MS = 60_000;
/** How often it is logged: whoever cuts off rows and resets the record of the head is found out by this line, kept elsewhere. */
const LOG_EVERY_MS = 3_600_000;

/** Takes the head of the audit out of the database, to where the logs and metrics of an installation are kept. */
export class AuditHeadExport {
  readonly #options: AuditHeadExportOptions;
  #last: AuditHead | undefined;
  #loggedAtMs = -Infinity;
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(options: AuditHeadExportOptions) {
    this.#options = options;
  }

  /** As it was last read; undefined: not yet. */
  get lastId(): number | undefined {
    return this.#last?.id;
  }

  /** Reads at once, and every minute from then on. */
  async start(): Promise<void> {
    await this.#read();
    if (!this.#stopped) this.#cancel = this.#options.clock.after(READ_EVERY_MS, () => void this.start());
  }

  /** Logs the last one. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    this.#loggedAtMs = -Infinity;
    await this.#read();
  }

  async #read(): Promise<void> {
    const { audit, clock, logger } = this.#options;
    try {
      this.#last = await audit.head();
    } catch (error) {
      logger.warn({ err: error }, 'the head of the audit could not be read');
      return;
    }
    if (clock.nowMs() - this.#loggedAtMs < LOG_EVERY_MS) return;
    this.#loggedAtMs = clock.nowMs();
    logger.info({ auditHead: this.#last }, 'the head of the audit');
  }
}
