import { type Environment, startEnvironment } from '../environment.js';
import type { LoadTarget } from '../load/http-load.js';
import { chatTarget } from '../load/payloads.js';
import { measuredProcessor, pin } from '../processor-time.js';
import { type BenchProcess, startProcess } from '../processes/bench-process.js';
import { benchManifests } from './manifests.js';
import { makeTlsFiles } from './tls-files.js';
import type { Variant } from './variants.js';

export interface MeasuredProxy {
  readonly name: string;
  readonly pid: number;
  target(model: string, stream: boolean): LoadTarget;
}

export interface MeasuredProxies {
  /** In the order of their variants. */
  readonly list: readonly MeasuredProxy[];
  /** Each has a core that it shares with nobody but the other proxies, which are idle meanwhile. */
  readonly pinned: boolean;
  /** Bytes of traces that each data plane has exported, by variant. */
  exported(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}

/** Proxies side by side before the same upstreams, with and without TLS, and a sink for traces in a process of its own. */
export async function startProxies(
  variants: readonly Variant[],
  nodeOptions: string | undefined,
): Promise<MeasuredProxies> {
  const started: { stop(): Promise<void> | void }[] = [];
  const stop = async (): Promise<void> => {
    for (const each of started.toReversed()) await each.stop();
  };
  const keep = <Process extends { stop(): Promise<void> }>(process: Process): Process => {
    started.push(process);
    return process;
  };
  try {
    const tls = await makeTlsFiles();
    started.push({ stop: () => tls.remove() });
    const upstreams = {
      plain: keep(await startProcess('upstream-process')),
      tls: keep(await startProcess('upstream-process', { BENCH_TLS: tls.directory })),
    };
    const sink = keep(await startProcess('otlp-sink-process'));
    const bares = new Map<string, BenchProcess>();
    for (const variant of variants) {
      if (!('bare' in variant)) continue;
      const environment = {
        BENCH_BARE: variant.bare,
        BENCH_UPSTREAM_PORT: String(upstreams.plain.port),
        BENCH_UPSTREAM_TLS_PORT: String(upstreams.tls.port),
        NODE_EXTRA_CA_CERTS: tls.ca,
      };
      bares.set(variant.name, keep(await startProcess('bare-proxy-process', environment)));
    }
    const gateways = variants.filter((variant) => 'traceRatio' in variant);
    const environment = keep(
      await startEnvironment(
        gateways.map(({ traceRatio }, index) => ({
          // As in production.
          SIGNALBOX_LOG_LEVEL: 'info',
          SIGNALBOX_TRACE_RATIO: traceRatio,
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sink.port}/${index}`,
          NODE_EXTRA_CA_CERTS: tls.ca,
          ...(nodeOptions !== undefined && { NODE_OPTIONS: nodeOptions }),
        })),
      ),
    );
    if (nodeOptions !== undefined) started.push({ stop: () => endInGoodOrder(environment) });
    const { stack } = environment;
    const manifests = benchManifests(stack.consumerKey, { plain: upstreams.plain.port, tls: upstreams.tls.port });
    await stack.untilServed((await stack.admin.apply(manifests)).revision);

    const list = variants.map((variant): MeasuredProxy => {
      const { pid, port } = bares.get(variant.name) ?? gatewayOf(environment, gateways.indexOf(variant as never));
      return { name: variant.name, pid, target: (model, stream) => chatTarget(port, stack.consumerKey, model, stream) };
    });
    const pinned = list.map(({ pid }) => pin(pid, measuredProcessor));
    const others = [upstreams.plain, upstreams.tls, sink, { pid: process.pid }, stack.controlPlane];
    for (const { pid } of others) pin(pid, 1);
    return {
      list,
      pinned: pinned.every(Boolean),
      exported: async () => {
        const { received } = (await sink.ask({})) as { received: Record<string, number> };
        return Object.fromEntries(gateways.map(({ name }, index) => [name, received[index] ?? 0]));
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function gatewayOf({ stack }: Environment, index: number): { pid: number; port: number } {
  const dataPlane = stack.dataPlanes[index];
  if (dataPlane === undefined) throw new Error('a variant without its data plane');
  return { pid: dataPlane.process.pid, port: dataPlane.port };
}

async function endInGoodOrder({ stack }: Environment): Promise<void> {
  for (const dataPlane of stack.dataPlanes) await dataPlane.process.end();
}
