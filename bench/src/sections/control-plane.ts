import { consumerManifest, documents, providerManifest, routeManifest } from '#libs/testing';
import { startEnvironment } from '../environment.js';
import { ApiClient } from '../load/api-client.js';
import { type ControlPlaneFigures, type LoadSize, loadControlPlane } from '../load/control-plane-load.js';
import { routePolicyDefinition } from '../load/route-policy-definition.js';
import { ProcessSet, processesBelow } from '../process-set.js';
import type { Section } from '../report.js';

const size: LoadSize = {
  objects: Number(process.env['BENCH_OBJECTS'] ?? 10_000),
  clients: 12,
  lists: 30,
  watches: 100,
  updates: 500,
  updatesPerSecond: 100,
};
const references = ['alpha', 'beta'].map((name, index) => ({
  keyPoolRef: { name },
  model: 'sim-small',
  weight: index === 0 ? 90 : 10,
}));

/**
 * Writes, lists and watches of the control plane with its Postgres, which compiles, publishes to a data plane and writes
 * conditions meanwhile. `KUBE_API=https://...` with `KUBE_TOKEN` and `KUBE_PIDS` (the server's and its store's, by comma)
 * puts a Kubernetes API server beside it, which is given a CustomResourceDefinition of our RoutePolicy.
 */
export const controlPlane: Section = {
  name: 'control-plane',
  async run(progress) {
    const environment = await startEnvironment();
    const figures: Record<string, ControlPlaneFigures> = {};
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
      const definition = await routePolicyDefinition(stack.admin);
      progress(`${size.objects} objects in Signalbox`);
      const ours = new ProcessSet(() => processesBelow(process.pid, /control-plane\/src\/main|postgres/));
      figures['Signalbox'] = await load(stack.controlOrigin, stack.tokens.admin, ours);
      const kube = process.env['KUBE_API'];
      if (kube !== undefined) {
        progress(`${size.objects} objects in ${kube}`);
        const token = process.env['KUBE_TOKEN'] ?? '';
        await define(kube, token, definition);
        const theirs = (process.env['KUBE_PIDS'] ?? '').split(',').map(Number).filter(Boolean);
        figures['Kubernetes'] = await load(kube, token, new ProcessSet(() => theirs));
      }
    } finally {
      await environment.stop();
    }
    return report(figures);
  },
};

async function load(origin: string, token: string, processes: ProcessSet): Promise<ControlPlaneFigures> {
  const client = new ApiClient(origin, token, size.clients);
  try {
    return await loadControlPlane(client, processes, size, references);
  } finally {
    client.close();
  }
}

/** Installs the definition and waits until its resource is served. */
async function define(origin: string, token: string, definition: object): Promise<void> {
  const client = new ApiClient(origin, token, 1);
  try {
    const { status, bytes } = await client.send(
      'POST',
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      definition,
    );
    if (status !== 201 && status !== 409) throw new Error(`the definition is refused: ${status} ${bytes.toString()}`);
    const served = '/apis/signalbox.dev/v1/namespaces/default/routepolicies?limit=1';
    for (let tries = 0; (await client.send('GET', served)).status !== 200; tries += 1) {
      if (tries === 100) throw new Error('the definition is not served after 10 s');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    client.close();
  }
}

function report(figures: Record<string, ControlPlaneFigures>) {
  const servers = Object.values(figures);
  const row = (name: string, read: (figures: ControlPlaneFigures) => number | string) => [name, ...servers.map(read)];
  return {
    title: 'Control plane',
    method: `${size.objects} RoutePolicies created by ${size.clients} clients, listed ${size.lists} times, then ${size.updates} updates at up to ${size.updatesPerSecond}/s under ${size.watches} watches; CPU and memory with the store's processes.`,
    columns: ['', ...Object.keys(figures)],
    rows: [
      row('creates a second', (each) => each.createsPerSecond),
      row('create p50 ms', (each) => each.createMs.p50),
      row('create p99 ms', (each) => each.createMs.p99),
      row('CPU ms a create', (each) => each.cpuMsPerCreate),
      row('list of all, p50 ms', (each) => each.listMs.p50),
      row('list of all, p99 ms', (each) => each.listMs.p99),
      row('CPU ms a list', (each) => each.cpuMsPerList),
      row('MB a list', (each) => each.listBytes / 1e6),
      row('write to event p50 ms', (each) => each.eventMs.p50),
      row('write to event p99 ms', (each) => each.eventMs.p99),
      row('events delivered', (each) => `${each.delivered} of ${each.expected}`),
      row('cores while watched', (each) => each.watchCores),
      row('memory MiB (PSS)', (each) => each.memoryMiB),
    ],
    figures,
  };
}
