import type { Socket } from 'node:net';
import type { GatewayError } from '../errors/error-table.js';

/** An answer under way, as its connection sees it. */
export interface OpenAnswer {
  /** The request hasn't arrived whole, and nothing of the answer is written. */
  readonly isWaitingForRequest: boolean;
  /** The rest of its request can't be read. `say` takes its answer: the last words on this connection, past node. */
  requestBroke(error: GatewayError, say: (answer: string) => void): void;
  /** The socket takes more. Heard by the answer whose turn it is, alone. */
  socketDrained(): void;
  /** The answers in front of it are over. */
  turnCame(): void;
  /** The socket is gone, whoever's turn it was. */
  socketClosed(): void;
  /** The connection ends with this answer, which says so if its head isn't out. */
  closeConnection(): void;
}

const key = Symbol('connection');
interface Watched extends Socket {
  [key]?: ClientConnection;
}

/**
 * A client's connection and the answers under way on it, in the order of their requests. Node hands a socket to one
 * response at a time, and a response without a socket hears nothing of its end: those that wait behind a pipelined one
 * would go on for a client that has left. So the socket is listened to here, once for its life; a request adds no
 * listener to anything.
 */
export class ClientConnection {
  readonly socket: Socket;
  private open: OpenAnswer[] = [];

  static of(socket: Watched): ClientConnection {
    return (socket[key] ??= new ClientConnection(socket));
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('drain', () => this.open[0]?.socketDrained());
    socket.on('close', () => {
      const left = this.open;
      this.open = [];
      for (const answer of left) answer.socketClosed();
    });
  }

  /** Something is due to the client before what would be written now, but for the request that is just arriving. */
  get owesAnswer(): boolean {
    return this.open.some((answer) => !answer.isWaitingForRequest);
  }

  /** The one whose request is just arriving. */
  get waiting(): OpenAnswer | undefined {
    return this.open.find((answer) => answer.isWaitingForRequest);
  }

  /** No request is to follow those that are there: with the last answer the connection closes. */
  goAway(): void {
    this.open.at(-1)?.closeConnection();
  }

  isFirst(answer: OpenAnswer): boolean {
    return this.open[0] === answer;
  }

  add(answer: OpenAnswer): void {
    this.open.push(answer);
  }

  remove(answer: OpenAnswer): void {
    const { open } = this;
    if (open[0] === answer) {
      open.shift();
      open[0]?.turnCame();
    } else if (open.includes(answer)) open.splice(open.indexOf(answer), 1);
  }
}
