import { seededRandom } from '#libs/testing';
import { BREAKER, type Configuration } from '../support/entries.js';
import type { RuntimeDependencies } from '../../src/pipeline/runtime.js';
import { type VirtualCall, type VirtualClient, VirtualGateway } from '../support/virtual-gateway.js';
import { Timeline } from './timeline.js';
import { courseOf } from './upstream-courses.js';

/** Requests a second, bursts aside. */
const perSecond = 20;
const breaker = { ...BREAKER, consecutiveFailures: 6, openForMs: 500, maxOpenForMs: 1_000 };
const timeouts = { connectMs: 500, firstByteMs: 1_000, streamIdleMs: 2_000, requestMs: 15_000 };
const queue = { type: 'Queue', queue: { maxDepth: 5, maxWaitMs: 3_000 } } as const;
const cooldown = { rateLimitMs: 500, maxRateLimitMs: 2_000, quotaMs: 2_000, auth: 'UntilRotated' } as const;

const alpha = {
  name: 'alpha',
  baseURL: 'http://alpha.test/v1',
  keys: [
    { name: 'key-0', maxConcurrency: 6 },
    { name: 'key-1', maxConcurrency: 4 },
  ],
  pool: { onExhausted: queue, cooldown },
  backend: { breaker, timeouts },
} as const;
const beta = {
  name: 'beta',
  baseURL: 'http://beta.test/v1',
  priority: 1,
  keys: [{ name: 'key-0', maxConcurrency: 6 }],
  pool: { onExhausted: queue, cooldown },
  backend: { breaker, timeouts, connections: { max: 5, maxPending: 3 } },
} as const;

/** Small limits and short times, so that everything that can wait, fill up or give up does. */
const configurations: readonly Configuration[] = [
  { providers: [alpha, { ...beta, priority: 0 }], consumer: { maxConcurrency: 24 } },
  { providers: [alpha, beta], consumer: { maxConcurrency: 24 } },
  { providers: [beta], consumer: { maxConcurrency: 12 } },
  { providers: [{ ...alpha, pool: { cooldown } }, beta] },
];
const withoutKeys: Configuration = { providers: [alpha], consumer: { keys: [] } };

/** A gateway in memory, and a world that sends, stalls, leaves, swaps and revokes as a seed has it. */
export class VirtualTraffic {
  readonly gateway: VirtualGateway;
  /** What threw into the transport, a timer or a socket, where the process would have ended. */
  readonly escaped: unknown[] = [];
  private readonly timeline: Timeline;
  private readonly random: () => number;
  private left = new Set<VirtualClient>();

  /** `decide`: what asks for attempts in place of routing. */
  constructor(seed: number, decide: Pick<RuntimeDependencies, 'decide'> = {}) {
    this.random = seededRandom(seed);
    this.gateway = new VirtualGateway(seed + 1, {
      wrap: (dependencies) => ({ ...dependencies, limits: { holdMs: 800, writeTimeoutMs: 3_000 }, ...decide }),
      onCall: (call) => this.answer(call),
    });
    this.timeline = new Timeline(this.gateway.clock);
  }

  /** Sends that many requests in the midst of everything, then waits, leaving all to themselves, until none runs. */
  async run(requests: number): Promise<void> {
    await this.gateway.serve(configurations[0]!);
    for (let sent = 0; sent < requests; sent += 1) {
      this.timeline.after(0, () => this.send());
      if (this.random() < 0.02) await this.change();
      await this.pass(this.random() < 0.1 ? 0 : (2_000 / perSecond) * this.random());
    }
    // The last table has a consumer and keys again, so that what waits may go on.
    for (const name of ['alpha/key-0', 'alpha/key-1', 'beta/key-0'])
      this.gateway.credentials.rotate(`default/${name}`, 'z');
    await this.gateway.serve(configurations[0]!);
    // Longer than any deadline.
    await this.pass(15 * 60_000);
  }

  /** Clients that closed their connections themselves: nothing is owed to them. */
  hasLeft(client: VirtualClient): boolean {
    return this.left.has(client);
  }

  private async pass(ms: number): Promise<void> {
    let isOver = false;
    this.timeline.after(ms, () => (isOver = true));
    while (!isOver) {
      this.guarded(() => this.timeline.step());
      // Batched reads of streams run in process.nextTick.
      await Promise.resolve();
    }
  }

  private guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.escaped.push(error);
    }
  }

  private send(): void {
    const client = this.gateway.chat(this.random() < 0.5);
    const chance = this.random();
    if (chance < 0.1) {
      this.timeline.after(this.random() ** 2 * 1_500, () => {
        this.left.add(client);
        client.leave();
      });
    } else if (chance < 0.2) {
      this.timeline.after(this.random() ** 3 * 400, () => (client.isSlow = true));
      this.timeline.after(this.random() * 2_000, () => client.catchUp());
    } else if (chance < 0.21) this.timeline.after(this.random() * 1_000, () => client.cutOff());
  }

  private answer(call: VirtualCall): void {
    const stream = call.request.body.includes('"stream":true');
    const steps = courseOf(stream, this.random);
    let next = 0;
    const go = (): void => {
      for (; !call.isOver && next < steps.length;) {
        const [afterMs, act] = steps[next]!;
        next += 1;
        if (afterMs > 0) {
          this.timeline.after(afterMs, () => {
            act(call);
            go();
          });
          return;
        }
        act(call);
      }
    };
    go();
  }

  private async change(): Promise<void> {
    const { credentials } = this.gateway;
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(this.random() * items.length)]!;
    const key = `default/${pick(['alpha/key-0', 'alpha/key-1', 'beta/key-0'])}`;
    const chance = this.random();
    // What nothing can be served with lasts for a moment only.
    if (chance < 0.3) {
      credentials.revoke(key);
      this.timeline.after(this.random() * 1_000, () => credentials.rotate(key, `v${this.random()}`));
    } else if (chance < 0.5) credentials.rotate(key, `v${this.random()}`);
    else if (chance < 0.6) {
      await this.gateway.serve(withoutKeys);
      await this.pass(this.random() * 200);
      await this.gateway.serve(pick(configurations));
    } else await this.gateway.serve(pick(configurations));
  }
}
