import { WebSocket } from 'ws';
import type { Cancel, Clock } from '#libs/clock';
import { encodeFromDataPlane, MAX_FRAME_FROM_CONTROL_PLANE_BYTES, STREAM_PATH } from '#libs/control-protocol';
import { Conversation, type ConversationOptions, type Stream } from './conversation.js';
import { reconnectDelayMs } from './reconnect-delay.js';

export interface ControlPlaneClientOptions extends ConversationOptions {
  /** `https://host:port` of any control plane. */
  readonly url: string;
  /** Read at each connection, so that a rotated token is taken up. */
  token(): string;
  /** PEM; absent: the system's authorities. */
  readonly ca?: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly reconnect?: { readonly baseMs: number; readonly maxMs: number };
  /** The control plane pings every few seconds; silence for so long means that it is gone. */
  readonly silenceMs?: number;
}

const HANDSHAKE_MS = 10_000;
const defaultReconnect = { baseMs: 200, maxMs: 10_000 };

/** Keeps one stream to the control plane, for ever: whatever ends it, another one is tried. */
export class ControlPlaneClient {
  private readonly conversation: Conversation;
  private socket: WebSocket | undefined;
  /** The stream that is open. */
  private stream: Stream | undefined;
  private cancelRetry: Cancel | undefined;
  private cancelSilence: Cancel | undefined;
  private attempt = 0;
  private stopped = false;

  constructor(private readonly options: ControlPlaneClientOptions) {
    this.conversation = new Conversation(options);
    this.conversation.onNews(() => {
      if (this.stream) this.conversation.report(this.stream);
    });
  }

  /** Whether the control plane has accepted us and the stream is open. */
  get connected(): boolean {
    return this.stream !== undefined;
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
    await this.conversation.settled();
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
    this.listen(socket, this.streamOver(socket));
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

  private streamOver(socket: WebSocket): Stream {
    return {
      send: (message) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(encodeFromDataPlane(message));
      },
      unreadable: () => socket.close(1002, 'unreadable frame'),
      // Only then, so that what can't be dealt with isn't asked for again and again without a pause.
      understood: () => (this.attempt = 0),
      fault: (error) => {
        this.options.logger.error({ err: error }, 'the stream is begun anew after an unexpected error');
        socket.terminate();
      },
    };
  }

  private listen(socket: WebSocket, stream: Stream): void {
    const { logger, url } = this.options;
    let reason = 'the stream was closed';
    const guarded =
      <Event extends unknown[]>(listener: (...event: Event) => void) =>
      (...event: Event): void => {
        try {
          listener(...event);
        } catch (error) {
          stream.fault(error);
        }
      };
    const opened = (): void => {
      this.stream = stream;
      this.heard();
      this.conversation.begin(stream);
      logger.info({ url }, 'connected to the control plane');
    };
    const message = (data: Buffer, isBinary: boolean): void => {
      this.heard();
      if (isBinary) this.conversation.receive(stream, data);
      else socket.close(1003, 'binary frames only');
    };
    socket.on('open', guarded(opened));
    socket.on('message', guarded(message));
    socket.on('ping', () => this.heard());
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', (_code, text) => {
      if (text.length > 0) reason = `the control plane ended the stream: ${text.toString()}`;
      this.stream = undefined;
      this.cancelSilence?.();
      this.reconnect(reason);
    });
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

  private heard(): void {
    const { clock, silenceMs = 20_000 } = this.options;
    this.cancelSilence?.();
    this.cancelSilence = clock.after(silenceMs, () => this.socket?.terminate());
  }
}
