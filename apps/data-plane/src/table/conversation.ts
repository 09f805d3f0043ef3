import { decodeFromControlPlane, type FromControlPlane, type FromDataPlane } from '#libs/control-protocol';
import { SCHEMA_VERSION } from '#libs/routing-table';
import type { Logger } from '#libs/telemetry';
import type { CommandHandler } from './command-handler.js';
import type { CurrentTable } from './current-table.js';
import type { DataPlaneIdentity } from './data-plane-identity.js';
import type { PublicationReceiver } from './publication-receiver.js';
import { Reports, type ReportSources } from './reports.js';

export interface ConversationOptions extends ReportSources {
  readonly identity: DataPlaneIdentity;
  readonly current: CurrentTable;
  readonly receiver: PublicationReceiver;
  readonly commands: CommandHandler;
  readonly logger: Logger;
}

/** One stream, as long as it lasts. */
export interface Stream {
  /** Nothing, once it has ended. */
  send(message: FromDataPlane): void;
  /** The control plane sent what nobody can read. */
  unreadable(): void;
  /** A message was dealt with, whatever came of it. */
  understood(): void;
  /** A defect of ours: on a new stream everything comes again, and the table of before serves meanwhile. */
  fault(error: unknown): void;
}

/** What is said to a control plane: hello, reports, and the answer to each message, in turn, on the stream that asked. */
export class Conversation {
  private readonly reports: Reports;
  private work: Promise<void> = Promise.resolve();

  constructor(private readonly options: ConversationOptions) {
    this.reports = new Reports(options);
  }

  /** Called when there may be something new to report. */
  onNews(listener: () => void): void {
    this.reports.onChange(listener);
  }

  begin(stream: Stream): void {
    const { commands, credentials, current, identity } = this.options;
    // In turn: what the stream before has brought may still wait for its table.
    this.next(stream, () => credentials.dropUnserved());
    const table = current.current;
    stream.send({
      type: 'hello',
      ...identity,
      schemaVersions: [SCHEMA_VERSION],
      commands: commands.known,
      ...(table && { version: table.version, revision: table.revision }),
    });
    this.reports.startAnew();
    this.report(stream);
  }

  report(stream: Stream): void {
    const report = this.reports.next();
    if (report) stream.send(report);
  }

  receive(stream: Stream, data: Buffer): void {
    this.next(stream, () => this.handle(stream, data));
  }

  /** Resolves when everything that has arrived is dealt with. */
  settled(): Promise<void> {
    return this.work;
  }

  private next(stream: Stream, step: () => Promise<void> | void): void {
    this.work = this.work.then(step).catch((error: unknown) => stream.fault(error));
  }

  private async handle(stream: Stream, data: Buffer): Promise<void> {
    const { commands, logger, receiver } = this.options;
    let message: FromControlPlane;
    try {
      message = decodeFromControlPlane(detached(data));
    } catch (error) {
      logger.error({ err: error }, 'the control plane sent what cannot be read');
      stream.unreadable();
      return;
    }
    const answer = message.type === 'command' ? commands.handle(message) : await receiver.receive(message);
    stream.understood();
    if (answer) stream.send(answer);
  }
}

/** A small message is a view into the socket's read buffer: entries that live on must not keep all of that alive. */
function detached(data: Buffer): Buffer {
  return data.length * 2 < data.buffer.byteLength ? Buffer.from(data) : data;
}
