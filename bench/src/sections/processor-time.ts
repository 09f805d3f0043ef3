import { consumerManifest, documents, type Stack } from '#libs/testing';
import { startEnvironment } from '../environment.js';
import { HttpLoad, type LoadTarget } from '../load/http-load.js';
import { chatTarget } from '../load/payloads.js';
import { pin, processorTimeUs } from '../processor-time.js';
import { startProcess } from '../processes/bench-process.js';
import type { Section, SectionReport } from '../report.js';
import { median, percentile, shuffled } from '../statistics.js';

const rounds = 21;
const roundMs = 500;
const warmUpMs = 2_000;
const connections = 32;

/** What is sent: a 2 KB plain request, and 60-chunk streams whose chunks come back to back or 5 ms apart. */
const workloads = [
  { name: 'plain', model: 'bench', stream: false },
  { name: 'stream, back to back', model: 'bench', stream: true },
  { name: 'stream, 5 ms apart', model: 'bench-paced', stream: true },
] as const;

interface Variant {
  readonly name: string;
  readonly pid: number;
  target(workload: (typeof workloads)[number]): LoadTarget;
}

interface Round {
  readonly cpuUs: number;
  readonly perSecond: number;
  readonly latenciesMs: number[];
}

/**
 * CPU time a request (user and system, all threads) of the data plane against a bare proxy that makes the same splice.
 * The variants take turns in shuffled rounds, so that a machine whose speed drifts slows all of them alike.
 */
export const processorTime: Section = {
  name: 'cpu',
  async run(progress) {
    const upstream = await startProcess('upstream-process');
    const bare = await startProcess('bare-proxy-process', { BENCH_UPSTREAM_PORT: String(upstream.port) });
    const environment = await startEnvironment([{ SIGNALBOX_TRACE_RATIO: '0.05' }, { SIGNALBOX_TRACE_RATIO: '1' }], {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${upstream.port}`,
    });
    try {
      const { stack } = environment;
      await configure(stack, upstream.port);
      const variants = variantsOf(stack, bare);
      const pinned = variants.map(({ pid }) => pin(pid, 0));
      for (const { pid } of [upstream, { pid: process.pid }, stack.controlPlane]) pin(pid, 1);
      const results = await measure(variants, progress);
      return report(variants, results, pinned.every(Boolean));
    } finally {
      await environment.stop();
      await bare.stop();
      await upstream.stop();
    }
  },
};

async function configure(stack: Stack, upstreamPort: number): Promise<void> {
  const provider = `apiVersion: v1
kind: Secret
metadata: {name: upstream, namespace: default}
stringData: {key: bench-key}
---
apiVersion: signalbox.dev/v1
kind: Provider
metadata: {name: upstream, namespace: default}
spec:
  type: OpenAICompatible
  baseURL: http://127.0.0.1:${upstreamPort}/v1
  allowInsecure: true
  allowPrivateNetwork: true
  models: [{name: upstream-model}, {name: upstream-paced}]
---
apiVersion: signalbox.dev/v1
kind: KeyPool
metadata: {name: upstream, namespace: default}
spec:
  providerRef: {name: upstream}
  keys: [{name: main, limits: {concurrency: 1000}, valueFrom: {secretKeyRef: {name: upstream, key: key}}}]
`;
  const route = (name: string, model: string) => `apiVersion: signalbox.dev/v1
kind: RoutePolicy
metadata: {name: ${name}, namespace: default}
spec:
  models: [${name}]
  rules: [{name: all, backendRefs: [{keyPoolRef: {name: upstream}, model: ${model}}]}]
`;
  const { revision } = await stack.admin.apply(
    documents(
      consumerManifest(stack.consumerKey, false),
      provider,
      route('bench', 'upstream-model'),
      route('bench-paced', 'upstream-paced'),
    ),
  );
  await stack.untilServed(revision);
}

function variantsOf(stack: Stack, bare: { pid: number; port: number }): Variant[] {
  const at = (name: string, pid: number, port: number): Variant => ({
    name,
    pid,
    target: ({ model, stream }) => chatTarget(port, stack.consumerKey, model, stream),
  });
  const [sampled, traced] = stack.dataPlanes;
  if (!sampled || !traced) throw new Error('two data planes are measured');
  return [
    at('bare proxy', bare.pid, bare.port),
    at('signalbox, ratio 0.05', sampled.process.pid, sampled.port),
    at('signalbox, ratio 1.0', traced.process.pid, traced.port),
  ];
}

type Results = Map<string, Round[]>;
const keyOf = (workload: { name: string }, variant: { name: string }) => `${workload.name}\n${variant.name}`;

async function measure(variants: readonly Variant[], progress: (line: string) => void): Promise<Results> {
  const results: Results = new Map();
  for (const workload of workloads) {
    const loads = new Map<Variant, HttpLoad>();
    for (const variant of variants) {
      const load = new HttpLoad(variant.target(workload), connections);
      await load.open();
      await load.run(warmUpMs);
      loads.set(variant, load);
    }
    for (let round = 0; round < rounds; round += 1) {
      progress(`${workload.name}, round ${round + 1} of ${rounds}`);
      for (const variant of shuffled(variants)) {
        const load = loads.get(variant);
        if (!load) continue;
        const before = processorTimeUs(variant.pid);
        const startedMs = performance.now();
        const { completed, failed, latenciesMs } = await load.run(roundMs);
        if (failed > 0) throw new Error(`${variant.name}: ${failed} of ${completed + failed} answers were not whole`);
        const sample: Round = {
          cpuUs: (processorTimeUs(variant.pid) - before) / completed,
          perSecond: (completed * 1_000) / (performance.now() - startedMs),
          latenciesMs,
        };
        const key = keyOf(workload, variant);
        results.set(key, [...(results.get(key) ?? []), sample]);
      }
    }
    for (const load of loads.values()) load.close();
  }
  return results;
}

function report(variants: readonly Variant[], results: Results, pinned: boolean): SectionReport {
  const [bare] = variants;
  const rows = workloads.flatMap((workload) =>
    variants.map((variant) => {
      const samples = results.get(keyOf(workload, variant)) ?? [];
      const base = bare ? (results.get(keyOf(workload, bare)) ?? []) : [];
      const latencies = samples.flatMap((sample) => sample.latenciesMs);
      const ratios = samples.map((sample, index) => sample.cpuUs / (base[index]?.cpuUs ?? Number.NaN));
      return {
        workload: workload.name,
        variant: variant.name,
        cpuUs: median(samples.map((sample) => sample.cpuUs)),
        ratio: median(ratios),
        ratioLow: percentile(ratios, 0.25),
        ratioHigh: percentile(ratios, 0.75),
        perSecond: median(samples.map((sample) => sample.perSecond)),
        p50Ms: median(latencies),
        p99Ms: percentile(latencies, 0.99),
      };
    }),
  );
  return {
    title: 'CPU time a request',
    method:
      `2 KB requests over ${connections} keep-alive connections, ${rounds} rounds of ${roundMs} ms a variant in shuffled order, medians; ` +
      `ratios pair the rounds (quartiles in brackets); metrics and limits on, traces exported; ${pinned ? 'the measured process had a core of its own' : 'processes not pinned'}.`,
    columns: ['workload', 'variant', 'CPU us', 'ratio', 'requests/s', 'p50 ms', 'p99 ms'],
    rows: rows.map((row) => [
      row.workload,
      row.variant,
      row.cpuUs,
      `${row.ratio.toFixed(2)} (${row.ratioLow.toFixed(2)}-${row.ratioHigh.toFixed(2)})`,
      Math.round(row.perSecond),
      row.p50Ms,
      row.p99Ms,
    ]),
    figures: { rows, pinned, rounds, roundMs, connections },
  };
}
