import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a scripted upstream does with one call. */
export type Answer =
  | {
      readonly type: 'json';
      readonly status?: number;
      readonly headers?: Record<string, string>;
      readonly body: unknown;
    }
  | {
      readonly type: 'text';
      readonly status?: number;
      readonly headers: Record<string, string>;
      readonly body: string | Buffer;
    }
  /** An event stream; each chunk is one write. `ending`: how it stops. */
  | { readonly type: 'chunks'; readonly chunks: readonly string[]; readonly ending?: 'End' | 'Reset' | 'Hang' }
  /** The connection is reset before any byte of an answer. */
  | { readonly type: 'reset' }
  /** Nothing is ever answered. */
  | { readonly type: 'hang' }
  /** The test writes the answer itself. */
  | { readonly type: 'drive'; readonly run: (response: ServerResponse) => void };

export interface RecordedCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The caller went away before the answer was whole. */
  aborted: boolean;
  abortedMs: number;
}

/** A provider on a real socket that does what the test says: one answer for all calls, a list by call, or a function. */
export class ScriptedUpstream {
  readonly calls: RecordedCall[] = [];
  private readonly server: Server;
  private script: (call: RecordedCall, index: number) => Answer = () => chatAnswer('hello');

  static async start(): Promise<ScriptedUpstream> {
    const upstream = new ScriptedUpstream();
    await new Promise<void>((resolve) => {
      upstream.server.listen(0, '127.0.0.1', resolve);
    });
    return upstream;
  }

  private constructor() {
    this.server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const call: RecordedCall = {
          path: request.url ?? '',
          headers: request.headers,
          body: Buffer.concat(parts).toString(),
          aborted: false,
          abortedMs: 0,
        };
        this.calls.push(call);
        response.on('close', () => {
          call.aborted = !response.writableFinished;
          call.abortedMs = performance.now();
        });
        answerWith(response, this.script(call, this.calls.length - 1));
      });
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get baseURL(): string {
    return `http://127.0.0.1:${this.port}/v1`;
  }

  /** The last of a list answers all calls beyond it. */
  answers(script: Answer | readonly Answer[] | ((call: RecordedCall, index: number) => Answer)): void {
    this.calls.length = 0;
    if (typeof script === 'function') this.script = script;
    else if ('type' in script) this.script = () => script;
    else this.script = (_call, index) => script[Math.min(index, script.length - 1)] ?? { type: 'hang' };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
  }
}

function answerWith(response: ServerResponse, answer: Answer): void {
  switch (answer.type) {
    case 'json':
      response
        .writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers })
        .end(JSON.stringify(answer.body));
      return;
    case 'text':
      response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
      return;
    case 'chunks':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      for (const chunk of answer.chunks) response.write(chunk);
      if (answer.ending === 'Reset') setTimeout(() => response.socket?.resetAndDestroy(), 20);
      else if (answer.ending !== 'Hang') response.end();
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'drive':
      answer.run(response);
      return;
    case 'hang':
  }
}

/** A plain chat completion. */
export function chatAnswer(content: string): Answer {
  return {
    type: 'json',
    body: {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'upstream-model',
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
    },
  };
}

/** One event of a streamed chat completion. */
export function chunk(delta: object, finishReason: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finishReason }];
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`;
}

export const roleChunk = chunk({ role: 'assistant', content: '' });
export const stopChunk = chunk({}, 'stop');
export const usageChunk = `data: ${JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [],
  usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10, prompt_tokens_details: { cached_tokens: 2 } },
})}\n\n`;
export const doneEvent = 'data: [DONE]\n\n';

/** A whole streamed answer, an event for each word. */
export function streamAnswer(...words: readonly string[]): Answer {
  return {
    type: 'chunks',
    chunks: [roleChunk, ...words.map((content) => chunk({ content })), stopChunk, usageChunk, doneEvent],
  };
}

export function errorAnswer(status: number, code: string, headers: Record<string, string> = {}): Answer {
  return {
    type: 'json',
    status,
    headers,
    body: { error: { message: `it is ${code}`, type: 'error', param: null, code } },
  };
}
