import type { ServerResponse } from 'node:http';
import type { Downstream } from '../exchange/downstream.js';

/** The client's side over node:http. */
export class NodeDownstream implements Downstream {
  private readonly response: ServerResponse;
  /** Told when the client has read what was written. */
  onDrain: (() => void) | undefined = undefined;

  constructor(response: ServerResponse) {
    this.response = response;
  }

  /** Raw header arrays throughout: `setHeader` costs several times as much. */
  send(status: number, headers: string[], body: Buffer | string): void {
    headers.push('content-length', String(body.length));
    this.response.writeHead(status, headers);
    if (typeof body === 'string') this.response.end(body, 'latin1');
    else this.response.end(body);
  }

  start(status: number, headers: string[]): void {
    if (this.onDrain !== undefined) this.response.on('drain', this.onDrain);
    this.response.writeHead(status, headers);
  }

  write(text: string): boolean {
    return this.response.write(text, 'latin1');
  }

  end(): void {
    this.response.end();
  }
}
