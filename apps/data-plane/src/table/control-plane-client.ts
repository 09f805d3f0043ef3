import { WebSocket } from 'ws';
import type { Cancel, Clock } from '#libs/clock';
import {
  decodeFromControlPlane,
  encodeFromDataPlane,
  MAX_FRAME_FROM_CONTROL_PLANE_BYTES,
  STREAM_PATH,
  type FromDataPlane,
} from '#libs/control-protocol';
import { SCHEMA_VERSION } from '#libs/routing-table';
import type { Logger } from '#libs/telemetry';
import type { CommandHandler } from './command-handler.js';
import type { CurrentTable } from './current-table.js';
import type { DataPlaneIdentity } from './data-plane-identity.js';
import type { PublicationReceiver } from './publication-receiver.js';
import { reconnectDelayMs } from './reconnect-delay.js';
import { Reports, type ReportSources } from './reports.js';

export interface ControlPlaneClientOptions extends ReportSources {
  /** `https://host:port` of any control plane. */
  readonly url: string;
  /** Read at each connection, so that a rotated token is taken up. */
  token(): string;
  /** PEM; absent: the system's authorities. */
  readonly ca?: string;
  readonly identity: DataPlaneIdentity;
  readonly current: CurrentTable;
  readonly receiver: PublicationReceiver;
  readonly commands: CommandHandler;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly reconnect?: { readonly baseMs: number; readonly maxMs: number };
  /** The control plane pings every few seconds; silence for so long means that it is gone. */
  readonly silenceMs?: number;
}

const HANDSHAKE_MS = 10_000;
const defaultReconnect = { baseMs: 200, maxMs: 10_000 };

/** Keeps one stream to the control plane, for ever: whatever ends it, another one is tried. */
export class ControlPlaneClient {
  private socket: WebSocket | undefined;
  private cancelRetry: Cancel | undefined;
  private cancelSilence: Cancel | undefined;
  private attempt = 0;
  private stopped = false;
  private ready = false;
  private readonly reports: Reports;
  /** Messages are handled in turn, and each answer goes to the socket that asked. */
  private work: Promise<void> = Promise.resolve();

  constructor(private readonly options: ControlPlaneClientOptions) {
    this.reports = new Reports(options);
    this.reports.onChange(() => this.report());
  }

  /** Whether the control plane has accepted us and the stream is open. */
  get connected(): boolean {
    return this.ready;
  }

  start(): void {
    this.stopped = false;
    this.connect();
  }

  /** Resolves when the stream is closed and what had arrived is dealt with. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelRetry?.();
    const { socket } = this;
    if (socket && socket.readyState !== WebSocket.CLOSED) {
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.close(1000);
      const cancelDeadline = this.options.clock.after(1_000, () => socket.terminate());
      await closed;
      cancelDeadline();
    }
    await this.work;
  }

  private connect(): void {
    let socket: WebSocket;
    try {
      socket = this.open();
    } catch (error) {
      // A token file that can't be read, or whose content no header can carry.
      this.reconnect(error instanceof Error ? error.message : 'the connection cannot be opened');
      return;
    }
    this.socket = socket;
    let reason = 'the stream was closed';
    const guard = <Arguments extends unknown[]>(listener: (...event: Arguments) => void) =>
      this.guarded(socket, listener);
    socket.on(
      'open',
      guard(() => this.opened(socket)),
    );
    socket.on(
      'ping',
      guard(() => this.heard()),
    );
    socket.on(
      'message',
      guard((data: Buffer, isBinary: boolean) => {
        this.heard();
        if (isBinary) this.next(socket, () => this.handle(socket, data));
        else socket.close(1003, 'binary frames only');
      }),
    );
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', (_code, text) => {
      if (text.length > 0) reason = `the control plane ended the stream: ${text.toString()}`;
      this.ready = false;
      this.cancelSilence?.();
      this.reconnect(reason);
    });
  }

  /** Throws what the token or the address make impossible. */
  private open(): WebSocket {
    const { url, ca } = this.options;
    return new WebSocket(new URL(STREAM_PATH, url.replace(/^http/, 'ws')), {
      headers: { authorization: `Bearer ${this.options.token()}` },
      ca,
      maxPayload: MAX_FRAME_FROM_CONTROL_PLANE_BYTES,
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_MS,
      followRedirects: false,
    });
  }

  private opened(socket: WebSocket): void {
    const { credentials, logger, url } = this.options;
    this.ready = true;
    this.reports.startAnew();
    this.heard();
    // In turn: what the stream before has brought may still wait for its table.
    this.next(socket, () => credentials.dropUnserved());
    this.hello(socket);
    this.report();
    logger.info({ url }, 'connected to the control plane');
  }

  /** Does this after all that came before. */
  private next(socket: WebSocket, step: () => Promise<void> | void): void {
    this.work = this.work.then(step).catch((error: unknown) => this.fault(socket, error));
  }

  private guarded<Arguments extends unknown[]>(
    socket: WebSocket,
    listener: (...event: Arguments) => void,
  ): (...event: Arguments) => void {
    return (...event) => {
      try {
        listener(...event);
      } catch (error) {
        this.fault(socket, error);
      }
    };
  }

  /** A defect of ours: on a new stream everything comes again, and the table of before serves meanwhile. */
  private fault(socket: WebSocket, error: unknown): void {
    this.options.logger.error({ err: error }, 'the stream is begun anew after an unexpected error');
    socket.terminate();
  }

  private reconnect(reason: string): void {
    if (this.stopped) return;
    const { clock, logger, random, reconnect = defaultReconnect } = this.options;
    const delayMs = reconnectDelayMs(this.attempt++, { ...reconnect, random });
    const retryInMs = Math.round(delayMs);
    if (/ 40[13]$/.test(reason)) {
      logger.error({ reason, retryInMs }, 'the control plane refuses this data plane: check SIGNALBOX_TOKEN_FILE');
    } else logger.warn({ reason, retryInMs }, 'no stream to the control plane; serving on with the current table');
    this.cancelRetry = clock.after(delayMs, () => this.connect());
  }

  private hello(socket: WebSocket): void {
    const table = this.options.current.current;
    this.send(socket, {
      type: 'hello',
      ...this.options.identity,
      schemaVersions: [SCHEMA_VERSION],
      commands: this.options.commands.known,
      ...(table && { version: table.version, revision: table.revision }),
    });
  }

  private async handle(socket: WebSocket, data: Buffer): Promise<void> {
    const { commands, logger, receiver } = this.options;
    let message;
    try {
      message = decodeFromControlPlane(detached(data));
    } catch (error) {
      logger.error({ err: error }, 'the control plane sent what cannot be read');
      socket.close(1002, 'unreadable frame');
      return;
    }
    if (message.type === 'command') {
      this.send(socket, commands.handle(message));
      return;
    }
    const answer = await receiver.receive(message);
    // Only now, so that what can't be dealt with isn't asked for again and again without a pause.
    this.attempt = 0;
    if (answer) this.send(socket, answer);
  }

  private report(): void {
    if (!this.ready || !this.socket) return;
    const report = this.reports.next();
    if (report) this.send(this.socket, report);
  }

  private send(socket: WebSocket, message: FromDataPlane): void {
    if (socket.readyState === WebSocket.OPEN) socket.send(encodeFromDataPlane(message));
  }

  private heard(): void {
    const { clock, silenceMs = 20_000 } = this.options;
    this.cancelSilence?.();
    this.cancelSilence = clock.after(silenceMs, () => this.socket?.terminate());
  }
}

/** A small message is a view into the socket's read buffer: entries that live on must not keep all of that alive. */
function detached(data: Buffer): Buffer {
  return data.length * 2 < data.buffer.byteLength ? Buffer.from(data) : data;
}
