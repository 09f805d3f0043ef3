import { startEnvironment } from '../environment.js';
import { consumerManifest, documents, providerManifest, routeManifest } from '#libs/testing';
import type { Section } from '../report.js';
import { median } from '../statistics.js';

const runs = 5;

/** From spawn to ready, process start included. */
export const startUp: Section = {
  name: 'start-up',
  async run(progress) {
    const environment = await startEnvironment();
    try {
      const { stack, dataPlane } = environment;
      const { revision } = await stack.admin.apply(
        documents(
          consumerManifest(stack.consumerKey),
          providerManifest('alpha', stack.simulatorOrigin, ['sim-a']),
          routeManifest({ alpha: 1 }),
        ),
      );
      await stack.untilServed(revision);
      const timed = async (start: () => Promise<void>): Promise<number> => {
        const startedMs = performance.now();
        await start();
        return performance.now() - startedMs;
      };
      const times: Record<string, number[]> = { connected: [], alone: [], control: [] };
      for (let run = 0; run < runs; run += 1) {
        progress(`run ${run + 1} of ${runs}`);
        await dataPlane.process.end();
        times['connected']?.push(await timed(() => stack.startDataPlane(dataPlane)));
        await stack.controlPlane.end();
        await dataPlane.process.end();
        times['alone']?.push(await timed(() => stack.startDataPlane(dataPlane)));
        times['control']?.push(await timed(() => stack.startControlPlane()));
      }
      const row = (name: string, key: string) => [name, median(times[key] ?? []), Math.max(...(times[key] ?? []))];
      const rows = [
        row('data plane, control plane there', 'connected'),
        row('data plane, from its disk snapshot alone', 'alone'),
        row('control plane on a filled database', 'control'),
      ];
      return {
        title: 'Start-up',
        method: `From spawn to a ready probe, ${runs} runs each.`,
        columns: ['', 'median ms', 'max ms'],
        rows,
        figures: { rows },
      };
    } finally {
      await environment.stop();
    }
  },
};
