import type { Socket } from 'node:net';
import type { TransportFailure } from '#libs/inference';
import { failureDetail, transportFailure } from '../transport-failure.js';
import type { UpstreamHandler, UpstreamTarget } from '../transport.js';
import { openSocket, type SocketListener, type TlsSettings } from './open-socket.js';
import type { RequestBytes } from './request-bytes.js';
import type { Resting, RestingConnections } from './resting-connections.js';
import { type ResponseFault, responseFaults } from './response-faults.js';
import { ResponseReader, type ResponseSink } from './response-reader.js';

/** What the calls of a transport that was closed are failed with. */
export const CLOSED = 'the transport was closed';

/**
 * A read of so much is worth a write of its own, and more is there: to rest from it only holds back a large event, a
 * buffer's worth a millisecond. A record of TLS holds no more.
 */
const MUCH_BYTES = 16 * 1024;

/** What a connection carries: one request, and those who hear of its answer. */
export interface CarriedCall {
  /** Undefined once an answer has begun: nothing is sent again then, and a large body is not kept for a long answer. */
  bytes: RequestBytes | undefined;
  readonly isHead: boolean;
  readonly handler: UpstreamHandler;
  sent(): void;
  ended(): void;
  failed(failure: TransportFailure, detail: string): void;
  /** The connection broke. `isUnanswered`: it had served others before, and nothing of this answer came. */
  broken(failure: TransportFailure, detail: string, isUnanswered: boolean): void;
}

/** What a connection says to those who keep it. Once gone it comes back to nobody. */
export interface ConnectionKeeper {
  /** The answer is over, and another request may be written. `idleTimeoutMs`: how long the server waits; -1: unsaid. */
  idle(connection: Connection, idleTimeoutMs: number): void;
  gone(connection: Connection): void;
  readonly resting: RestingConnections;
}

/**
 * One socket's life: opening, then busy and idle in turn, then closed. Whatever is not in order ends it: an answer that
 * breaks the protocol, bytes that nobody asked for, an answer that came before its request was written whole.
 */
export class Connection implements SocketListener, ResponseSink, Resting {
  /** Links of the pool's list, while idle. */
  nextIdle: Connection | undefined = undefined;
  previousIdle: Connection | undefined = undefined;
  idleUntilMs = 0;
  private readonly socket: Socket;
  private readonly keeper: ConnectionKeeper;
  private readonly reader = new ResponseReader(this);
  private call: CarriedCall | undefined = undefined;
  private isReady = false;
  private isClosed = false;
  /** The call's handler takes no more. */
  private isBlocked = false;
  private isResting = false;
  /** Of the last read. */
  private readBytes = 0;
  private answers = 0;

  constructor(target: UpstreamTarget, tls: TlsSettings, keeper: ConnectionKeeper) {
    this.keeper = keeper;
    this.socket = openSocket(target, tls, this);
  }

  /** Takes a call, and writes its request now or once it is connected. Only while opening or idle. */
  carry(call: CarriedCall): void {
    this.call = call;
    if (this.isReady) this.write();
  }

  resume(): void {
    this.isBlocked = false;
    if (!this.isResting) this.socket.resume();
  }

  rest(): void {
    if (this.isResting || this.readBytes >= MUCH_BYTES) return;
    this.isResting = true;
    this.socket.pause();
    this.keeper.resting.add(this);
  }

  wake(): void {
    this.isResting = false;
    if (this.isBlocked || this.isClosed) return;
    const { socket } = this;
    // TLS has gone on decrypting, and would hand over record by record what has come in: this way it is one read.
    if (socket.readableLength > 0) socket.read();
    if (socket.isPaused() && !this.isBlocked && !this.isResting) socket.resume();
  }

  /** Its call, if any, hears nothing more. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.call = undefined;
    this.reader.stop();
    this.socket.destroy();
    this.keeper.gone(this);
  }

  /** The process ends. */
  shutDown(): void {
    const { call } = this;
    this.close();
    call?.failed('Aborted', CLOSED);
  }

  onReady(): void {
    if (this.isClosed) return;
    this.isReady = true;
    this.write();
  }

  onBytes(bytes: Buffer): void {
    if (this.isClosed) return;
    if (this.call === undefined) this.close();
    else {
      this.readBytes = bytes.length;
      this.reader.push(bytes);
    }
  }

  onHalfClose(): void {
    if (this.isClosed || (this.call !== undefined && this.reader.end())) return;
    this.broken(undefined);
  }

  onClose(error: Error | undefined): void {
    if (!this.isClosed) this.broken(error);
  }

  onHead(status: number, headers: readonly string[]): void {
    const { call } = this;
    if (call === undefined) return;
    call.bytes = undefined;
    call.handler.onHead(status, headers);
  }

  onBody(range: Buffer): void {
    // What has been read is handed over whole; the pause is for what has not.
    if (this.call?.handler.onData(range) !== false) return;
    this.isBlocked = true;
    this.socket.pause();
  }

  onRead(frames: Buffer | undefined): void {
    this.call?.handler.onRead(frames);
  }

  onEnd(): void {
    const { call, reader, socket } = this;
    this.call = undefined;
    this.answers += 1;
    // An answer to half a request: the other half stays unsent.
    if (reader.keepsAlive && socket.writableLength === 0 && !socket.readableEnded) {
      this.isBlocked = false;
      if (socket.isPaused()) socket.resume();
      this.keeper.idle(this, reader.idleTimeoutMs);
    } else this.close();
    call?.ended();
  }

  onRefused(fault: ResponseFault): void {
    const { call } = this;
    this.close();
    call?.failed('Protocol', responseFaults[fault].says);
  }

  private write(): void {
    const { call, socket } = this;
    if (call?.bytes === undefined) return;
    const { text, body } = call.bytes;
    this.reader.begin(call.isHead);
    if (body === undefined || body.length === 0) socket.write(text, 'latin1');
    else {
      socket.cork();
      socket.write(text, 'latin1');
      socket.write(body);
      socket.uncork();
    }
    call.sent();
  }

  /** `error`: undefined where it was closed in order. */
  private broken(error: Error | undefined): void {
    const { call, reader, answers, isReady } = this;
    const isUnanswered = answers > 0 && !reader.hasBegun;
    this.close();
    if (error === undefined) call?.broken('ConnectionReset', 'the upstream closed the connection', isUnanswered);
    else call?.broken(transportFailure(error, isReady), failureDetail(error), isUnanswered);
  }
}
