import type { ServerResponse } from 'node:http';

/** What goes wrong, in turn; `answer` has sent nothing before. */
type Fault = (response: ServerResponse, frames: readonly Buffer[]) => void;

const reset: Fault = (response) => response.socket?.resetAndDestroy();

const failed =
  (status: number, headers: Record<string, string> = {}): Fault =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(`{"error":{"message":"it failed with ${status}","type":"error","param":null,"code":null}}`);
  };

const html: Fault = (response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad gateway');

const halfJson: Fault = (response) => {
  const body = '{"id":"chatcmpl-1","choices":[{"index":0,"mess';
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
};

const endBeforeContent: Fault = (response, [role]) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end(role);
};

const plainFaults = [reset, failed(500), failed(503), failed(429, { 'retry-after-ms': '50' }), html, halfJson];
const streamFaults = [reset, failed(500), failed(429, { 'retry-after-ms': '50' }), html, endBeforeContent];

const everyNth = 40;
const cutEveryNth = 500;

/** Deals faults out by count, so that a run's share of them is known. */
export class Faults {
  /** Streams cut after their first contents: what no retry can hide. */
  cuts = 0;
  dealt = 0;
  private plain = 0;
  private streams = 0;

  /** undefined: this one is answered well. */
  next(stream: boolean): Fault | undefined {
    const count = stream ? ++this.streams : ++this.plain;
    if (stream && count % cutEveryNth === 0) {
      this.cuts += 1;
      return cutAfterContent;
    }
    if (count % everyNth !== 0) return undefined;
    this.dealt += 1;
    const faults = stream ? streamFaults : plainFaults;
    return faults[(count / everyNth) % faults.length];
  }
}

function cutAfterContent(response: ServerResponse, frames: readonly Buffer[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(Buffer.concat(frames.slice(0, 10)), () => response.socket?.resetAndDestroy());
}
