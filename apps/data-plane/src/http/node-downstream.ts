import type { ServerResponse } from 'node:http';
import type { GatewayError } from '../errors/error-table.js';
import type { FaultOwner } from '../errors/fault-owner.js';
import type { Downstream, DownstreamEvents } from '../exchange/downstream.js';
import { chunkFrame, dataOfFrames, LAST_CHUNK } from './chunk-frames.js';
import { ClientConnection, type OpenAnswer } from './client-connection.js';
import { lastAnswer } from './last-answer.js';

/** A longer body is written in pieces of this size (bytes), so that it shows how fast the client takes it. */
const PIECE_BYTES = 256 * 1024;

/**
 * The client's side over node:http. Node writes the head, keeps pipelined answers in order and decides what becomes of
 * the connection; what follows a stream's head goes to the socket past it, framed here, as one string and one write a
 * chunk. Node's own way for a chunk is four writes into a corked socket: half as much again of what a chunk costs.
 *
 * The two agree because node is told that the body isn't chunked once it has written that it is: so it adds no frames and
 * no end of its own, and its `end` waits for what the socket still holds.
 */
export class NodeDownstream implements Downstream, OpenAnswer {
  private readonly response: ServerResponse;
  private readonly connection: ClientConnection;
  private events: (DownstreamEvents & FaultOwner) | undefined = undefined;
  /** The client was promised a chunked body. HTTP/1.0 has none: its body ends with its connection. */
  private isChunked = false;
  /** The head is with the socket, or queues in front of all that follows. */
  private hasBegun = false;
  /** The request broke off: the answer goes here, and not to node. */
  private lastWords: ((answer: string) => void) | undefined = undefined;
  /** Of a long body, what isn't written yet. */
  private rest: Buffer | undefined = undefined;

  constructor(response: ServerResponse) {
    this.response = response;
    this.connection = ClientConnection.of(response.req.socket);
    this.connection.add(this);
  }

  get isWaitingForRequest(): boolean {
    return !this.response.req.complete && !this.response.headersSent;
  }

  /** Who hears of this connection. What they throw ends their request alone. */
  report(events: DownstreamEvents & FaultOwner): void {
    this.events = events;
  }

  /** Raw header arrays throughout: `setHeader` costs several times as much. */
  send(status: number, headers: string[], body: Buffer | string): boolean {
    const { response, lastWords } = this;
    if (lastWords !== undefined) {
      this.connection.remove(this);
      lastWords(lastAnswer(status, headers, body.toString('latin1')));
      return true;
    }
    headers.push('content-length', String(body.length));
    response.writeHead(status, headers);
    if (body.length > PIECE_BYTES) {
      this.rest = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
      this.writePieces();
    } else this.sendWhole(body);
    return this.isTaken();
  }

  /**
   * Head and body as one string and one write. Node's `end` with a body would put an empty piece behind it, and so two
   * pieces into a vectored write; its `write` would hold the socket back until the next tick, but for one that is corked.
   */
  private sendWhole(body: Buffer | string): void {
    const { response } = this;
    const { socket } = response;
    if (typeof body !== 'string' || socket === null || socket.writableCorked > 0) {
      response.end(body, 'latin1');
      return;
    }
    socket.cork();
    response.write(body, 'latin1');
    socket.uncork();
    response.end();
  }

  start(status: number, headers: string[]): void {
    const { response } = this;
    response.writeHead(status, headers);
    this.isChunked = response.chunkedEncoding;
    response.chunkedEncoding = false;
  }

  write(text: string): boolean {
    if (text === '') return true;
    return this.put(this.isChunked ? chunkFrame(text) : text);
  }

  writeFrames(frames: Buffer): boolean {
    // Either way a copy: the bytes are the transport's, which reads on into them.
    return this.put(this.isChunked ? frames.toString('latin1') : dataOfFrames(frames));
  }

  end(rest: string): boolean {
    if (this.isChunked) this.put(rest === '' ? LAST_CHUNK : chunkFrame(rest) + LAST_CHUNK);
    else if (rest !== '') this.put(rest);
    this.response.end();
    return this.isTaken();
  }

  get isBehindAnother(): boolean {
    return !this.connection.isFirst(this);
  }

  destroy(): void {
    this.connection.socket.destroy();
  }

  requestBroke(error: GatewayError, say: (answer: string) => void): void {
    this.lastWords = say;
    const { events } = this;
    try {
      events?.fail(error);
    } catch (fault) {
      events?.fault(fault);
    }
  }

  closeConnection(): void {
    this.response.shouldKeepAlive = false;
  }

  socketDrained(): void {
    this.writePieces();
    this.say('drained');
  }

  turnCame(): void {
    this.say('turnCame');
  }

  socketClosed(): void {
    this.rest = undefined;
    this.say('abandoned');
  }

  /** The first bytes go with the head, in one string; those behind another answer queue in node. */
  private put(bytes: string | Buffer): boolean {
    const { response } = this;
    const { socket } = response;
    if (this.hasBegun && socket !== null) return socket.write(bytes, 'latin1');
    this.hasBegun = true;
    return response.write(bytes, 'latin1');
  }

  private writePieces(): void {
    while (this.rest !== undefined) {
      const { rest } = this;
      if (rest.length <= PIECE_BYTES) {
        this.rest = undefined;
        this.response.end(rest);
        return;
      }
      this.rest = rest.subarray(PIECE_BYTES);
      if (!this.put(rest.subarray(0, PIECE_BYTES))) return;
    }
  }

  /** True: nothing of the answer waits on this side. */
  private isTaken(): boolean {
    const { response, connection } = this;
    if (this.rest === undefined && response.writableLength === 0) {
      connection.remove(this);
      return true;
    }
    response.once('finish', () => {
      // Node says so of an answer that went down with its socket, too.
      if (connection.socket.destroyed) return;
      connection.remove(this);
      this.say('flushed');
    });
    return false;
  }

  private say(event: Exclude<keyof DownstreamEvents, 'fail'>): void {
    const { events } = this;
    try {
      events?.[event]();
    } catch (error) {
      events?.fault(error);
    }
  }
}
