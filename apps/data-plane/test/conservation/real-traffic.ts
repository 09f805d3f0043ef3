import { Agent, type IncomingMessage, request } from 'node:http';
import { seededRandom } from '#libs/testing';
import { API_KEY, BREAKER, type Configuration } from '../support/entries.js';
import type { Gateway } from '../support/gateway.js';
import {
  type Answer,
  chatAnswer,
  chunk,
  errorAnswer,
  roleChunk,
  type ScriptedUpstream,
  streamAnswer,
} from '../support/scripted-upstream.js';

const inFlight = 40;
const changeEvery = 50;
const keys = ['key-0', 'key-1'];

/** Clients on real sockets before upstreams that fail: they leave in the midst, or read slowly, while tables change. */
export class RealTraffic {
  /** Ids of the requests whose answer's head came. */
  readonly answered: string[] = [];
  private readonly random: () => number;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: inFlight });

  constructor(
    private readonly gateway: Gateway,
    private readonly upstreams: readonly [ScriptedUpstream, ScriptedUpstream],
    seed: number,
  ) {
    this.random = seededRandom(seed);
    for (const upstream of upstreams) upstream.answers((call) => this.answer(call.body.includes('"stream":true')));
  }

  async run(requests: number): Promise<void> {
    let sent = 0;
    const sender = async (): Promise<void> => {
      while (sent < requests) {
        sent += 1;
        if (sent % changeEvery === 0) await this.change();
        await this.send();
      }
    };
    await this.gateway.serve(this.configuration());
    await Promise.all(Array.from({ length: inFlight }, sender));
    this.agent.destroy();
  }

  /** Resolves when the answer is whole, or the connection is gone. */
  private send(): Promise<void> {
    const stream = this.random() < 0.5;
    const chance = this.random();
    return new Promise((resolve) => {
      const call = request(
        `${this.gateway.origin}/v1/chat/completions`,
        { method: 'POST', agent: this.agent, headers: { authorization: `Bearer ${API_KEY}` } },
        (response: IncomingMessage) => {
          this.answered.push(String(response.headers['x-request-id']));
          response.on('close', () => resolve()).on('error', () => undefined);
          if (chance > 0.9) setTimeout(() => response.resume(), this.random() * 30);
          else response.resume();
        },
      );
      call.on('error', () => resolve());
      call.end(JSON.stringify({ model: 'chat', stream, messages: [] }));
      if (chance < 0.15) setTimeout(() => call.destroy(), this.random() * 30);
    });
  }

  private answer(stream: boolean): Answer {
    const chance = this.random();
    if (chance < 0.03) return { type: 'reset' };
    if (chance < 0.06) return errorAnswer(500, 'server_error');
    if (chance < 0.08) return errorAnswer(429, 'rate_limit_exceeded', { 'retry-after-ms': '20' });
    if (chance < 0.1) return { type: 'hang' };
    if (!stream) return chatAnswer('hello');
    if (chance < 0.13) return { type: 'chunks', chunks: [roleChunk, chunk({ content: 'x' })], ending: 'Reset' };
    if (chance < 0.15) return { type: 'chunks', chunks: [roleChunk, chunk({ content: 'x' })], ending: 'Hang' };
    if (chance < 0.17) return { type: 'chunks', chunks: [roleChunk] };
    return streamAnswer('x', 'y', 'z');
  }

  private async change(): Promise<void> {
    const key = `default/alpha/${keys[Math.floor(this.random() * keys.length)]}`;
    if (this.random() < 0.3) {
      this.gateway.credentials.revoke(key);
      setTimeout(() => this.gateway.credentials.rotate(key, `v${this.random()}`), 20);
    } else await this.gateway.serve(this.configuration());
  }

  private configuration(): Configuration {
    const timeouts = { connectMs: 300, firstByteMs: 200, streamIdleMs: 200, requestMs: 2_000 };
    const breaker = { ...BREAKER, consecutiveFailures: 6, openForMs: 50, maxOpenForMs: 100 };
    const [alpha, beta] = this.upstreams;
    return {
      providers: [
        {
          name: 'alpha',
          baseURL: alpha.baseURL,
          weight: 1 + Math.floor(this.random() * 3),
          keys: keys.map((name) => ({ name, maxConcurrency: 10 })),
          pool: { onExhausted: { type: 'Queue', queue: { maxDepth: 20, maxWaitMs: 300 } } },
          backend: { timeouts, breaker },
        },
        { name: 'beta', baseURL: beta.baseURL, backend: { timeouts, breaker } },
      ],
      consumer: { maxConcurrency: 35 },
    };
  }
}
