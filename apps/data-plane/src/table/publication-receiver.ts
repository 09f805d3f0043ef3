import type { Tracer } from '@opentelemetry/api';
import type { Clock } from '#libs/clock';
import {
  MAX_LINE_LENGTH,
  type Ack,
  type Bookmark,
  type Command,
  type Delta,
  type FromControlPlane,
  type Full,
  type Nack,
} from '#libs/control-protocol';
import { attributeNames, type Logger, spanNames, withSpanInEach } from '#libs/telemetry';
import { prepareTable, TableRejectedError, type TableChange } from './prepare-table.js';
import { serveTable, type Serving } from './serve-table.js';

export interface PublicationReceiverOptions extends Serving {
  /** Those of providers that can be spoken here: a table that names another is refused. */
  readonly dialects: readonly string[];
  readonly tracer: Tracer;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/**
 * Turns what the control plane sends into the table that is served. Messages must be handed over one after the other: a
 * delta builds on the table before it.
 */
export class PublicationReceiver {
  constructor(private readonly options: PublicationReceiverOptions) {}

  /** The answer to a publication; undefined: the message needs none. Whatever can't be served leaves the old table in place. */
  async receive(message: Exclude<FromControlPlane, Command>): Promise<Ack | Nack | undefined> {
    if (message.type === 'credentials') {
      this.options.credentials.receive(message);
      return undefined;
    }
    const { nonce, revision, version } = message;
    try {
      await this.serve(message);
      return { type: 'ack', nonce, revision, version };
    } catch (error) {
      const reason = this.reasonOf(error);
      this.options.logger.warn(
        { type: message.type, revision, version, reason },
        'refused a table; the one before serves on',
      );
      return { type: 'nack', nonce, revision, reason: reason.slice(0, MAX_LINE_LENGTH) };
    }
  }

  private serve(message: Full | Delta | Bookmark): Promise<void> {
    const attributes = {
      [attributeNames.revision]: message.revision,
      [attributeNames.tableVersion]: message.version,
    };
    return withSpanInEach(
      this.options.tracer,
      spanNames.swap,
      message.traceParents,
      { attributes },
      async (): Promise<void> => (message.type === 'bookmark' ? this.advance(message) : this.swap(message)),
    );
  }

  private advance({ version, revision }: Bookmark): void {
    const table = this.options.current.current;
    if (table?.version !== version) throw new TableRejectedError(`a bookmark for ${version}, which is not served here`);
    table.advanceTo(revision);
  }

  private async swap(message: Full | Delta): Promise<void> {
    const { clock, dialects, logger } = this.options;
    const startedMs = clock.nowMs();
    await serveTable(await prepareTable(this.changeOf(message), { dialects }), this.options);
    const { type, revision, version } = message;
    const entries =
      type === 'full'
        ? { entries: message.entries.length }
        : { upserts: message.upserts.length, removals: message.removals.length };
    logger.info(
      { type, revision, version, ...entries, durationMs: Math.round(clock.nowMs() - startedMs) },
      'serving a new table',
    );
  }

  private changeOf(message: Full | Delta): TableChange {
    const { revision, version } = message;
    if (message.type === 'full') {
      return { schemaVersion: message.schemaVersion, revision, version, upserts: message.entries, removals: [] };
    }
    const base = this.options.current.current;
    if (base?.version !== message.baseVersion) {
      throw new TableRejectedError(`a delta on ${message.baseVersion}, which is not served here`);
    }
    return { base, revision, version, upserts: message.upserts, removals: message.removals };
  }

  /** An unexpected error's message may quote configuration: its name is all that goes out, the rest is for our own log. */
  private reasonOf(error: unknown): string {
    if (error instanceof TableRejectedError) return error.message;
    this.options.logger.error({ err: error }, 'a table could not be prepared by a defect of this data plane');
    return `cannot be prepared: ${error instanceof Error ? error.name : typeof error}`;
  }
}
