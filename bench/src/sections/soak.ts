import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '#libs/testing';
import { startEnvironment } from '../environment.js';
import { HeldLoad } from '../load/held-load.js';
import { HttpLoad } from '../load/http-load.js';
import { chatTarget } from '../load/payloads.js';
import { pin } from '../processor-time.js';
import { type BenchProcess, startProcess } from '../processes/bench-process.js';
import type { Section } from '../report.js';
import { HeapProbe, type HeapSample } from '../soak/heap-probe.js';
import { soakManifests, swapManifests } from '../soak/manifests.js';
import { SlowReaders } from '../soak/slow-readers.js';
import { soakReport } from './soak-report.js';

const heldCount = 1_000;
const slowCount = 20;
/** Each of plain requests and streams: enough to saturate it while some wait for a retry. */
const connections = 128;
const findRateMs = 5_000;
const sampleEveryMs = 5_000;
/** Of the time, before the heap is looked at: code is compiled, pools fill, the first tables are let go. */
const warmUpShare = 0.25;

/** Half the rate it can do, for a long time, while all goes wrong that may: does its heap grow, is a stream cut? */
export const soak: Section = {
  name: 'soak',
  onlyWhenNamed: true,
  async run(progress, settings) {
    const alpha = await startProcess('soak-upstream-process', { BENCH_OUTAGES: '1' });
    const beta = await startProcess('soak-upstream-process');
    const [inspectorPort = 0] = await freePorts(1);
    const environment = await startEnvironment([{ NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}` }]);
    const loads: { close(): void }[] = [];
    const opened = <Load extends { close(): void }>(load: Load): Load => {
      loads.push(load);
      return load;
    };
    let ending = false;
    try {
      const { stack, dataPlane } = environment;
      const ports = { alpha: alpha.port, beta: beta.port };
      await stack.untilServed((await stack.admin.apply(soakManifests(stack.consumerKey, ports))).revision);
      pin(dataPlane.process.pid, 0);
      for (const { pid } of [alpha, beta, { pid: process.pid }, stack.controlPlane]) pin(pid, 1);
      const target = (model: string, stream: boolean) => chatTarget(dataPlane.port, stack.consumerKey, model, stream);
      const probe = opened(await HeapProbe.connect(inspectorPort));
      const held = opened(new HeldLoad(target('soak-held', true)));
      await held.open(heldCount);
      const slow = opened(new SlowReaders(target('soak-long', true)));
      slow.start(slowCount);

      const plain = opened(new HttpLoad(target('soak-short', false), connections));
      const streams = opened(new HttpLoad(target('soak-short', true), connections));
      await Promise.all([plain.open(), streams.open()]);
      progress('finding the highest rate');
      const most = await Promise.all([plain.run(findRateMs), streams.run(findRateMs)]);
      const [plainRate, streamRate] = most.map(({ completed }) => completed / (findRateMs / 1_000) / 2) as [
        number,
        number,
      ];
      const before = await upstreamCounts(alpha, beta);

      const durationMs = settings.minutes * 60_000;
      const endsAtMs = performance.now() + durationMs;
      let swaps = 0;
      const swapping = (async () => {
        for (; performance.now() < endsAtMs && !ending; await sleep(1_000)) {
          await stack.admin.apply(swapManifests((swaps += 1)));
        }
      })();
      const running = Promise.all([plain.run(durationMs, plainRate), streams.run(durationMs, streamRate)]);
      const samples: HeapSample[] = [];
      await sleep(durationMs * warmUpShare);
      while (performance.now() < endsAtMs) {
        const sample = await probe.sample();
        samples.push(sample);
        progress(
          `${(sample.heapBytes / 2 ** 20).toFixed(2)} MiB alive, ${((endsAtMs - performance.now()) / 1_000).toFixed(0)} s left`,
        );
        await sleep(sampleEveryMs);
      }
      const [plainResult, streamResult] = await running;
      await swapping;
      const after = await upstreamCounts(alpha, beta);
      return soakReport({
        minutes: settings.minutes,
        samples,
        swaps,
        rates: { plain: plainRate, streams: streamRate },
        completed: plainResult.completed + streamResult.completed,
        failed: plainResult.failed + streamResult.failed,
        faults: after.faults - before.faults + after.outages - before.outages,
        cuts: after.cuts - before.cuts,
        held: { count: heldCount, lost: held.lost },
        slow: { whole: slow.whole, cut: slow.cut },
      });
    } finally {
      ending = true;
      for (const load of loads) load.close();
      await environment.stop();
      await beta.stop();
      await alpha.stop();
    }
  },
};

interface UpstreamCounts {
  readonly faults: number;
  readonly cuts: number;
  readonly outages: number;
}

async function upstreamCounts(...upstreams: readonly BenchProcess[]): Promise<UpstreamCounts> {
  const counts = (await Promise.all(upstreams.map((upstream) => upstream.ask({})))) as UpstreamCounts[];
  const sum = (of: (each: UpstreamCounts) => number): number => counts.reduce((total, each) => total + of(each), 0);
  return { faults: sum(({ faults }) => faults), cuts: sum(({ cuts }) => cuts), outages: sum(({ outages }) => outages) };
}
