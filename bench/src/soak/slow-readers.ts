import { connect, type Socket } from 'node:net';
import type { LoadTarget } from '../load/http-load.js';

/** Of what a reader takes before it rests. */
const biteBytes = 64 * 1024;
const restMs = 100;

/** Clients that ask for long streams and read them far slower than they come, one after the other. */
export class SlowReaders {
  whole = 0;
  /** Streams that didn't end as they should. */
  cut = 0;
  private readonly sockets = new Set<Socket>();
  private closing = false;

  constructor(private readonly target: LoadTarget) {}

  start(count: number): void {
    for (let index = 0; index < count; index += 1) this.read();
  }

  close(): void {
    this.closing = true;
    for (const socket of this.sockets) socket.destroy();
  }

  private read(): void {
    const socket = connect(this.target.port, '127.0.0.1');
    this.sockets.add(socket);
    const end = `${this.target.bodyEnd}\r\n0\r\n\r\n`;
    let tail = '';
    let bite = 0;
    socket.on('data', (bytes: Buffer) => {
      tail = (tail + bytes.toString('latin1')).slice(-256);
      bite += bytes.length;
      if (tail.endsWith('\r\n0\r\n\r\n')) socket.destroy();
      else if (bite >= biteBytes) {
        bite = 0;
        socket.pause();
        setTimeout(() => socket.resume(), restMs);
      }
    });
    // The close that follows is what counts.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.sockets.delete(socket);
      if (this.closing) return;
      if (tail.endsWith(end)) this.whole += 1;
      else this.cut += 1;
      this.read();
    });
    socket.write(this.target.request);
  }
}
