import type { Socket } from 'node:net';
import type { Clock } from '#libs/clock';

/** How long, and for how many bytes, a client that is still sending is listened to after its answer. */
const LINGER_MS = 2_000;
const LINGER_BYTES = 4 * 1024 * 1024;

/**
 * Writes the last words on a connection whose parser has given up, and closes it so that the client gets to read them. A
 * socket that is closed with bytes unread is reset, and a reset takes an answer that hasn't been read with it: so what
 * the client still sends is read and thrown away, for a bounded time and number of bytes, until it closes its side.
 */
export function answerAndLinger(socket: Socket, answer: string, clock: Clock): void {
  // Node's parser would report the rest of the same request again and again.
  socket.removeAllListeners('data');
  socket.removeAllListeners('end');
  let bytes = 0;
  const cancel = clock.after(LINGER_MS, () => socket.destroy());
  socket.on('data', (data) => {
    bytes += data.length;
    if (bytes > LINGER_BYTES) socket.destroy();
  });
  socket.once('close', cancel);
  socket.end(answer, 'latin1');
  socket.resume();
}
