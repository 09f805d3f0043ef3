import { HttpLoad, type LoadTarget } from '../load/http-load.js';
import { type MeasuredProxies, type MeasuredProxy, startProxies } from '../proxies/measured-proxies.js';
import { naiveBare, production, variants } from '../proxies/variants.js';
import { busyUs, measuredProcessor, processorTimeUs, residentBytes } from '../processor-time.js';
import type { Section } from '../report.js';
import { chosen, type Settings } from '../settings.js';
import { shuffled } from '../statistics.js';
import { processorTimeReport, type Round, type Workload } from './processor-time-report.js';

const warmUpMs = 4_000;
/**
 * Streams whose chunks come slowly warm up over more connections and for longer: V8 compiles what was called often, and at
 * a hundred requests a second its compiler would be measured for a minute, not the proxy.
 */
const pacedWarmUp = { connections: 4, ms: 12_000 };
/** A turn in which others used more than this share of the measured core is taken again. */
const disturbedShare = 0.1;
/** After so many a disturbed turn counts: a busy machine must not run for ever. The report says how disturbed. */
const maxRepeats = 3;

/** What is sent: a 2 KB plain request, and 60-chunk streams whose chunks come back to back or 5 ms apart; and all of it with a TLS upstream. */
const workloads: readonly Workload[] = [
  { name: 'plain', model: 'bench', stream: false, isPaced: false },
  { name: 'back to back', model: 'bench', stream: true, isPaced: false },
  { name: '5 ms apart', model: 'bench-paced', stream: true, isPaced: true },
  { name: 'plain over TLS', model: 'bench-tls', stream: false, isPaced: false },
  { name: 'back to back over TLS', model: 'bench-tls', stream: true, isPaced: false },
  { name: '5 ms apart over TLS', model: 'bench-tls-paced', stream: true, isPaced: true },
];

/**
 * CPU time a request (user and system, all threads) of the data plane against bare proxies. The variants take turns in
 * shuffled rounds, so that a machine whose speed drifts slows all of them alike.
 */
export const processorTime: Section = {
  name: 'cpu',
  async run(progress, settings) {
    const wanted = chosen(variants, settings.variants);
    // All ratios are to the first.
    const measured = [naiveBare, ...wanted.filter((variant) => variant !== naiveBare)];
    if (!measured.some((variant) => 'traceRatio' in variant)) measured.push(production);
    const proxies = await startProxies(measured, settings.nodeOptions);
    try {
      const repeats = { count: 0 };
      const rounds = new Map<Workload, Map<string, Round[]>>();
      for (const workload of chosen(workloads, settings.workloads)) {
        const say = (line: string): void => progress(`${workload.name}, ${line}`);
        rounds.set(workload, await measure(proxies, workload, settings, { say, repeats }));
      }
      return processorTimeReport(rounds, {
        settings,
        pinned: proxies.pinned,
        repeats: repeats.count,
        exported: await proxies.exported(),
      });
    } finally {
      await proxies.stop();
    }
  },
};

async function measure(
  { list, pinned }: MeasuredProxies,
  workload: Workload,
  { rounds, roundMs, connections }: Settings,
  { say, repeats }: { readonly say: (line: string) => void; readonly repeats: { count: number } },
): Promise<Map<string, Round[]>> {
  const loads = new Map<MeasuredProxy, HttpLoad>();
  for (const proxy of list) {
    const target = proxy.target(workload.model, workload.stream);
    await warmUp(target, workload, connections);
    loads.set(proxy, new HttpLoad(target, connections));
  }
  // After all have warmed up: a connection that asks for nothing for a minute is closed.
  for (const load of loads.values()) await load.open();
  const results = new Map(list.map(({ name }): [string, Round[]] => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}`);
    for (const [proxy, load] of shuffled([...loads])) {
      let turn = await measureTurn(proxy, load, roundMs);
      for (let again = 0; pinned && turn.foreignShare > disturbedShare && again < maxRepeats; again += 1) {
        repeats.count += 1;
        say(`${proxy.name} once more: others used ${Math.round(turn.foreignShare * 100)}% of its core`);
        turn = await measureTurn(proxy, load, roundMs);
      }
      results.get(proxy.name)?.push(turn);
    }
  }
  for (const load of loads.values()) load.close();
  return results;
}

async function warmUp(target: LoadTarget, { isPaced }: Workload, connections: number): Promise<void> {
  const load = new HttpLoad(target, isPaced ? connections * pacedWarmUp.connections : connections);
  await load.open();
  await load.run(isPaced ? pacedWarmUp.ms : warmUpMs);
  load.close();
}

async function measureTurn({ name, pid }: MeasuredProxy, load: HttpLoad, roundMs: number): Promise<Round> {
  const before = processorTimeUs(pid);
  const busyBefore = busyUs(measuredProcessor);
  const startedMs = performance.now();
  const { completed, failed, latenciesMs } = await load.run(roundMs);
  const endedMs = performance.now();
  if (failed > 0) throw new Error(`${name}: ${failed} of ${completed + failed} answers were not whole`);
  const usedUs = processorTimeUs(pid) - before;
  const foreignUs = busyUs(measuredProcessor) - busyBefore - usedUs;
  return {
    cpuUs: usedUs / completed,
    foreignShare: Math.max(0, foreignUs) / 1_000 / (endedMs - startedMs),
    perSecond: (completed * 1_000) / (endedMs - startedMs),
    latenciesMs,
    residentMiB: residentBytes(pid) / 2 ** 20,
  };
}
