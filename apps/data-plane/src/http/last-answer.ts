import { STATUS_CODES } from 'node:http';

/**
 * An answer whole, for a connection whose parser has given up: node would close it before the client has read it. `headers`:
 * names and values in turn; `body` is bytes seen as Latin-1.
 */
export function lastAnswer(status: number, headers: readonly string[], body: string): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n`;
  for (let index = 0; index + 1 < headers.length; index += 2) head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return `${head}content-length: ${body.length}\r\n\r\n${body}`;
}
