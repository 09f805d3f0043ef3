import type { Tracer } from '@opentelemetry/api';
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
import { attributeNames, spanNames, withSpanInEach } from '#libs/telemetry';
import type { Credentials } from '../credentials/credentials.js';
import type { CurrentTable } from './current-table.js';
import { prepareTable, TableRejectedError, type TableChange } from './prepare-table.js';

/**
 * Turns what the control plane sends into the table that is served. Messages must be handed over one after the other: a
 * delta builds on the table before it.
 */
export class PublicationReceiver {
  constructor(
    private readonly current: CurrentTable,
    private readonly credentials: Credentials,
    private readonly tracer: Tracer,
  ) {}

  /** The answer to a publication; undefined: the message needs none. Whatever can't be served leaves the old table in place. */
  async receive(message: Exclude<FromControlPlane, Command>): Promise<Ack | Nack | undefined> {
    if (message.type === 'credentials') {
      this.credentials.receive(message);
      return undefined;
    }
    const { nonce, revision, version } = message;
    try {
      await this.serve(message);
      return { type: 'ack', nonce, revision, version };
    } catch (error) {
      const reason = error instanceof TableRejectedError ? error.message : `cannot be prepared: ${nameOf(error)}`;
      return { type: 'nack', nonce, revision, reason: reason.slice(0, MAX_LINE_LENGTH) };
    }
  }

  private serve(message: Full | Delta | Bookmark): Promise<void> {
    const attributes = {
      [attributeNames.revision]: message.revision,
      [attributeNames.tableVersion]: message.version,
    };
    return withSpanInEach(this.tracer, spanNames.swap, message.traceParents, { attributes }, async () => {
      if (message.type === 'bookmark') return this.advance(message);
      const next = await prepareTable(this.changeOf(message));
      await this.credentials.load(next.localCredentials.values());
      // In one turn with the swap: no attempt sees the one without the other.
      this.credentials.serve(next.streamCredentials);
      this.current.swap(next);
    });
  }

  private advance({ version, revision }: Bookmark): void {
    const table = this.current.current;
    if (table?.version !== version) throw new TableRejectedError(`a bookmark for ${version}, which is not served here`);
    table.advanceTo(revision);
  }

  private changeOf(message: Full | Delta): TableChange {
    const { revision, version } = message;
    if (message.type === 'full') {
      return { schemaVersion: message.schemaVersion, revision, version, upserts: message.entries, removals: [] };
    }
    const base = this.current.current;
    if (base?.version !== message.baseVersion) {
      throw new TableRejectedError(`a delta on ${message.baseVersion}, which is not served here`);
    }
    return { base, revision, version, upserts: message.upserts, removals: message.removals };
  }
}

/** An unexpected error's message may quote configuration: its name is all that goes out. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
