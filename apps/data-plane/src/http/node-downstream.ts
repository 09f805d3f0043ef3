import type { ServerResponse } from 'node:http';
import type { FaultOwner } from '../errors/fault-owner.js';
import type { Downstream, DownstreamEvents } from '../exchange/downstream.js';

/** RFC 9112, 7.1. */
const LAST_CHUNK = '0\r\n\r\n';

/** A longer body is written in pieces of this size (bytes), so that it shows how fast the client takes it. */
const PIECE_BYTES = 256 * 1024;

/** The client's side over node:http. */
export class NodeDownstream implements Downstream {
  private readonly response: ServerResponse;
  private events: (DownstreamEvents & FaultOwner) | undefined = undefined;
  /** Of a long body, what isn't written yet. */
  private rest: Buffer | undefined = undefined;
  private hearsDrain = false;
  /** The client can read a chunked body: HTTP/1.0 can't, and gets one that ends with the connection. */
  private frames = false;

  constructor(response: ServerResponse) {
    this.response = response;
  }

  /** Who hears of this connection. What they throw ends their request alone. */
  report(events: DownstreamEvents & FaultOwner): void {
    this.events = events;
    this.response.on('close', () => this.say('abandoned'));
  }

  /** Raw header arrays throughout: `setHeader` costs several times as much. */
  send(status: number, headers: string[], body: Buffer | string): boolean {
    const { response } = this;
    headers.push('content-length', String(body.length));
    response.writeHead(status, headers);
    if (body.length > PIECE_BYTES) {
      this.rest = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
      this.hearDrain();
      this.writePieces();
    } else if (typeof body === 'string') response.end(body, 'latin1');
    else response.end(body);
    return this.isTaken();
  }

  /**
   * A stream's chunks are framed here, in one string each: node:http makes three writes of one, and couldn't pass frames
   * that are there already. So it is given the framing header, and then told that the body is no business of its own.
   */
  start(status: number, headers: string[]): void {
    const { response } = this;
    this.hearDrain();
    this.frames = response.req.httpVersionMajor === 1 && response.req.httpVersionMinor === 1;
    if (this.frames) headers.push('transfer-encoding', 'chunked');
    response.writeHead(status, headers);
    if (this.frames) response.chunkedEncoding = false;
  }

  write(text: string): boolean {
    return this.response.write(this.frames ? `${text.length.toString(16)}\r\n${text}\r\n` : text, 'latin1');
  }

  writeFrames(frames: Buffer): boolean {
    // The string is a copy: the bytes are good for this call only.
    const text = frames.toString('latin1');
    return this.response.write(this.frames ? text : dataOf(text), 'latin1');
  }

  end(): boolean {
    if (this.frames) this.response.end(LAST_CHUNK, 'latin1');
    else this.response.end();
    return this.isTaken();
  }

  destroy(): void {
    this.response.destroy();
  }

  private writePieces(): void {
    while (this.rest !== undefined) {
      const { rest, response } = this;
      if (rest.length <= PIECE_BYTES) {
        this.rest = undefined;
        response.end(rest);
        return;
      }
      this.rest = rest.subarray(PIECE_BYTES);
      if (!response.write(rest.subarray(0, PIECE_BYTES))) return;
    }
  }

  private hearDrain(): void {
    if (this.hearsDrain) return;
    this.hearsDrain = true;
    this.response.on('drain', () => {
      this.writePieces();
      this.say('drained');
    });
  }

  /** True: nothing of the answer waits on this side. */
  private isTaken(): boolean {
    const { response } = this;
    if (this.rest === undefined && response.writableLength === 0) return true;
    response.on('finish', () => this.say('flushed'));
    return false;
  }

  private say(event: keyof DownstreamEvents): void {
    const { events } = this;
    try {
      events?.[event]();
    } catch (error) {
      events?.fault(error);
    }
  }
}

/** What whole chunk frames hold. */
function dataOf(frames: string): string {
  let data = '';
  for (let at = 0; at < frames.length;) {
    const lineEnd = frames.indexOf('\r\n', at);
    const size = Number.parseInt(frames.slice(at, lineEnd), 16);
    data += frames.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + size + 4;
  }
  return data;
}
