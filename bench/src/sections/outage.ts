import { setTimeout as sleep } from 'node:timers/promises';
import { consumerManifest, documents, providerManifest, routeManifest } from '#libs/testing';
import { type Environment, startEnvironment } from '../environment.js';
import { processorTimeUs } from '../processor-time.js';
import type { Section } from '../report.js';

const AWAY_MS = 60_000;
const REQUESTS_A_SECOND = [0, 10];

/** What a control plane costs while its database is away for a minute: lines in its log, and CPU. */
export const outage: Section = {
  name: 'outage',
  async run(progress) {
    const rows: [requests: number, lines: number, percent: number, backMs: number][] = [];
    const environment = await startEnvironment([{}], { SIGNALBOX_LOG_LEVEL: 'info' });
    try {
      const { stack } = environment;
      const { revision } = await stack.admin.apply(
        documents(
          consumerManifest(stack.consumerKey),
          providerManifest('alpha', stack.simulatorOrigin, ['sim-a']),
          routeManifest({ alpha: 100 }),
        ),
      );
      await stack.untilServed(revision);
      for (const requests of REQUESTS_A_SECOND) {
        progress(`a minute without a database, ${requests} requests a second`);
        rows.push([requests, ...(await minuteWithout(environment, requests))]);
      }
    } finally {
      await environment.stop();
    }
    return {
      title: 'A minute without the database',
      method: `Postgres stopped for ${AWAY_MS / 1_000} s, a data plane connected, log level info; then until the next apply is served.`,
      columns: ['API requests/s', 'log lines', 'CPU, % of a core', 'back after ms'],
      rows,
      figures: { rows },
    };
  },
};

async function minuteWithout(
  { stack, database }: Environment,
  requestsASecond: number,
): Promise<[lines: number, percent: number, backMs: number]> {
  const { controlPlane } = stack;
  const read = (): [number, number] => [controlPlane.output.split('\n').length, processorTimeUs(controlPlane.pid)];
  const [linesBefore, usedBefore] = read();
  await database.stop();
  const end = performance.now() + AWAY_MS;
  const asked: Promise<unknown>[] = [];
  while (performance.now() < end) {
    if (requestsASecond > 0) {
      const answered = stack.admin.request('/apis/signalbox.dev/v1/providers').then((response) => response.text());
      asked.push(answered.catch(() => undefined));
    }
    await sleep(requestsASecond > 0 ? 1_000 / requestsASecond : Math.max(0, end - performance.now()));
  }
  const [lines, used] = read();
  await database.start();
  const startedMs = performance.now();
  await Promise.all(asked);
  await served(stack);
  const percent = (100 * (used - usedBefore)) / 1_000 / AWAY_MS;
  return [lines - linesBefore, percent, performance.now() - startedMs];
}

async function served(stack: Environment['stack']): Promise<void> {
  for (let weight = 1; ; weight += 1) {
    const applied = await stack.admin.apply(routeManifest({ alpha: weight })).catch(() => undefined);
    if (applied) return stack.untilServed(applied.revision);
    await sleep(50);
  }
}
