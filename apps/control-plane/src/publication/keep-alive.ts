import type { WebSocket } from 'ws';
import type { Clock } from '#libs/clock';

/** Rounds without any answer after which the peer is taken for gone. */
const MISSED_ROUNDS = 3;

/** Pings for as long as the socket is open, and ends it when no pong comes back: a silent peer holds its slot for nothing. */
export function keepAlive(socket: WebSocket, clock: Clock, everyMs: number): void {
  let missed = 0;
  let cancel = () => {};
  const round = () => {
    if (missed++ >= MISSED_ROUNDS) {
      socket.terminate();
      return;
    }
    socket.ping();
    cancel = clock.after(everyMs, round);
  };
  socket.on('pong', () => {
    missed = 0;
  });
  socket.on('close', () => cancel());
  round();
}
