import type { Socket } from 'node:net';
import type { Clock } from '#libs/clock';
import { GatewayError } from '../errors/error-table.js';
import { ClientConnection } from './client-connection.js';
import { answerAndLinger } from './lingering.js';

/** How often connections are looked at. */
const LOOK_MS = 50;
/** How long a request may still come on a connection that is there, or the rest of its head. */
const HEAD_MS = 1_000;
/** How long a client may send nothing of the rest of its body. */
const SILENCE_MS = 5_000;

/** What had been read of a connection when something new was last seen. */
interface Heard {
  readonly bytes: number;
  readonly atMs: number;
}

/**
 * The connections of a listener that has closed: those that nobody is answering are closed, again and again, for an answer
 * that began before the drain leaves its connection open, and clients stop in the midst of a request. Node's own
 * `closeIdleConnections` would do for neither: to it a half head is a request that runs, and an answer is over that is
 * written but not taken, so that it cuts it.
 */
export class Emptying {
  private readonly sockets: ReadonlySet<Socket>;
  private readonly clock: Clock;
  private readonly heard = new WeakMap<Socket, Heard>();
  private readonly headUntilMs: number;
  private cancel: () => void;

  /** `leftMs`: until the deadline. */
  constructor(sockets: ReadonlySet<Socket>, clock: Clock, leftMs: number) {
    this.sockets = sockets;
    this.clock = clock;
    this.headUntilMs = clock.nowMs() + Math.min(HEAD_MS, leftMs);
    this.cancel = clock.after(LOOK_MS, () => this.look());
  }

  stop(): void {
    this.cancel();
  }

  private look(): void {
    const nowMs = this.clock.nowMs();
    for (const socket of this.sockets) this.lookAt(socket, nowMs);
    this.cancel = this.clock.after(LOOK_MS, () => this.look());
  }

  private lookAt(socket: Socket, nowMs: number): void {
    const connection = ClientConnection.of(socket);
    if (connection.owesAnswer) return;
    const { waiting } = connection;
    if (waiting !== undefined) {
      if (this.silentMs(socket, nowMs) < SILENCE_MS) return;
      waiting.requestBroke(incomplete(), (answer) => answerAndLinger(socket, answer, this.clock));
    } else if (socket.bytesRead === 0) {
      // Clients open some in advance.
      socket.destroy();
    } else if (nowMs >= this.headUntilMs && socket.writable) socket.destroySoon();
  }

  private silentMs(socket: Socket, nowMs: number): number {
    const before = this.heard.get(socket);
    if (before?.bytes === socket.bytesRead) return nowMs - before.atMs;
    this.heard.set(socket, { bytes: socket.bytesRead, atMs: nowMs });
    return 0;
  }
}

function incomplete(): GatewayError {
  const message = 'This data plane is shutting down, and the rest of the request did not come.';
  return new GatewayError('shutting_down', message);
}
