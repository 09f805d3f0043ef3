/** The chunked transfer coding (RFC 9112, 7.1), for texts that are bytes seen as Latin-1. */

/** The chunk that ends a body; no trailers follow. */
export const LAST_CHUNK = '0\r\n\r\n';

/** One chunk, as one string: so it is one write. `data` isn't empty: an empty chunk would end the body. */
export function chunkFrame(data: string): string {
  return `${data.length.toString(16)}\r\n${data}\r\n`;
}

/** The data of whole frames, for a client that takes none (HTTP/1.0). */
export function dataOfFrames(frames: Buffer): string {
  let data = '';
  for (let at = 0; at < frames.length;) {
    const lineEnd = frames.indexOf('\r\n', at);
    // What follows a semicolon is an extension, which parseInt stops at.
    const length = Number.parseInt(frames.toString('latin1', at, lineEnd), 16);
    data += frames.toString('latin1', lineEnd + 2, lineEnd + 2 + length);
    at = lineEnd + 2 + length + 2;
  }
  return data;
}
