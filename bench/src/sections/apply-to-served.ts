import { setTimeout as sleep } from 'node:timers/promises';
import { consumerManifest, documents, providerManifest, routeManifest, type Stack } from '#libs/testing';
import { Agent, fetch } from 'undici';
import { startEnvironment } from '../environment.js';
import type { Section } from '../report.js';
import { percentile } from '../statistics.js';

const clients = 64;
const changes = 200;
const upstreamLatencyMs = 200;
/** Lets the last change settle, so that changes are measured one by one. */
const restMs = 25;

interface Sample {
  /** From the apply's answer to the first response of any kind at its revision: `GET /v1/models` asked without pause. */
  readonly firstResponseMs: number;
  /** From the apply's answer to the first chat answer at its revision: contains the upstream's latency. */
  readonly firstChatMs: number;
  /** The apply itself, until its answer. */
  readonly applyMs: number;
}

/** How soon an acknowledged change serves traffic, under load. */
export const applyToServed: Section = {
  name: 'apply',
  async run(progress) {
    const environment = await startEnvironment();
    const agent = new Agent({ connections: clients + 1 });
    try {
      const { stack } = environment;
      const { revision } = await stack.admin.apply(
        documents(
          consumerManifest(stack.consumerKey),
          providerManifest('alpha', stack.simulatorOrigin, ['sim-a']),
          providerManifest('beta', stack.simulatorOrigin, ['sim-b']),
          routeManifest({ alpha: 100, beta: 0 }),
        ),
      );
      await stack.untilServed(revision);
      await stack.simulate('alpha', { latencyMs: upstreamLatencyMs });
      await stack.simulate('beta', { latencyMs: upstreamLatencyMs });
      progress(`${changes} changes under ${clients} clients`);
      const { samples, failed, answered } = await measure(stack, agent);
      return report(samples, failed, answered);
    } finally {
      await agent.destroy();
      await environment.stop();
    }
  },
};

/** The moment each revision was first seen by one kind of request. */
class Sightings {
  private readonly waiting: { revision: number; seen: (atMs: number) => void }[] = [];

  see(revision: number): void {
    const atMs = performance.now();
    while (this.waiting[0] && this.waiting[0].revision <= revision) this.waiting.shift()?.seen(atMs);
  }

  of(revision: number): Promise<number> {
    return new Promise((seen) => this.waiting.push({ revision, seen }));
  }
}

async function measure(stack: Stack, agent: Agent): Promise<{ samples: Sample[]; failed: number; answered: number }> {
  const responses = new Sightings();
  const chats = new Sightings();
  const authorization = `Bearer ${stack.consumerKey}`;
  let running = true;
  let failed = 0;
  let answered = 0;
  const ask = async (sightings: Sightings, path: string, init: object): Promise<void> => {
    const response = await fetch(`${stack.dataOrigin}${path}`, { ...init, dispatcher: agent });
    await response.arrayBuffer();
    if (response.status === 200) answered += 1;
    else failed += 1;
    sightings.see(Number(response.headers.get('x-signalbox-revision')));
  };
  const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'shift' }] });
  const chat = { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body };
  const load = [
    ...Array.from({ length: clients }, async () => {
      while (running) await ask(chats, '/v1/chat/completions', chat);
    }),
    (async () => {
      while (running) {
        await ask(responses, '/v1/models', { headers: { authorization } });
        await sleep(1);
      }
    })(),
  ];

  const samples: Sample[] = [];
  for (let index = 0; index < changes; index += 1) {
    const toBeta = index % 2 === 0;
    const startedMs = performance.now();
    const { revision } = await stack.admin.apply(routeManifest({ alpha: toBeta ? 0 : 100, beta: toBeta ? 100 : 0 }));
    const answeredMs = performance.now();
    const [responseMs, chatMs] = await Promise.all([responses.of(revision), chats.of(revision)]);
    samples.push({
      firstResponseMs: Math.max(0, responseMs - answeredMs),
      firstChatMs: chatMs - answeredMs,
      applyMs: answeredMs - startedMs,
    });
    await sleep(restMs);
  }
  running = false;
  await Promise.all(load);
  return { samples, failed, answered };
}

function report(samples: readonly Sample[], failed: number, answered: number) {
  const row = (name: string, pick: (sample: Sample) => number) => {
    const values = samples.map(pick);
    return [name, percentile(values, 0.5), percentile(values, 0.99), Math.max(...values)];
  };
  const rows = [
    row('apply: request to answer', (sample) => sample.applyMs),
    row('served: answer of apply to first response at its revision', (sample) => sample.firstResponseMs),
    row(`first chat at its revision (upstream takes ${upstreamLatencyMs} ms of it)`, (sample) => sample.firstChatMs),
  ];
  return {
    title: 'From apply to served',
    method: `${changes} weight changes, one after the other, ${clients} clients chatting, upstream latency ${upstreamLatencyMs} ms; ${answered} answers, ${failed} failed.`,
    columns: ['', 'p50 ms', 'p99 ms', 'max ms'],
    rows,
    figures: { rows, failed, answered, changes },
  };
}
