import { consumerManifest, documents, type AdminClient } from '#libs/testing';
import { startEnvironment } from '../environment.js';
import { ProcessSet } from '../process-set.js';
import type { Section } from '../report.js';

const KEYS = 10_000;
const EDITS = Number(process.env['BENCH_EDITS'] ?? 5_000);
const POOL = '/apis/signalbox.dev/v1/namespaces/default/keypools/large';

/** What the control plane's memory comes to while a large object is edited again and again, and a data plane follows. */
export const largePool: Section = {
  name: 'large-pool',
  async run(progress) {
    const environment = await startEnvironment();
    const { stack } = environment;
    const memory = new ProcessSet(() => [stack.controlPlane.pid]);
    const samplesMiB: number[] = [];
    let served = 0;
    try {
      const { revision } = await stack.admin.apply(
        documents(consumerManifest(stack.consumerKey), largeManifest(stack.simulatorOrigin)),
      );
      await stack.untilServed(revision);
      const startedMs = performance.now();
      for (let edit = 1; edit <= EDITS; edit += 1) {
        served = await editPool(stack.admin, edit);
        if (edit % 50 !== 0) continue;
        samplesMiB.push(memory.memoryMiB());
        if (edit % 500 === 0) {
          progress(
            `${edit} edits in ${Math.round((performance.now() - startedMs) / 1_000)} s, ${samplesMiB.at(-1)} MiB`,
          );
        }
      }
      await stack.untilServed(served, 60_000);
    } finally {
      await environment.stop();
    }
    const sorted = [...samplesMiB].sort((left, right) => left - right);
    const figures = {
      median: sorted[sorted.length >>> 1] ?? 0,
      largest: sorted.at(-1) ?? 0,
      last: samplesMiB.at(-1) ?? 0,
    };
    return {
      title: 'Edits of a large object',
      method: `${EDITS} edits of a KeyPool with ${KEYS} keys, one after the other, a data plane connected; the control plane's PSS every 50 edits.`,
      columns: ['MiB', 'median', 'largest', 'last'],
      rows: [['control plane', figures.median, figures.largest, figures.last]],
      figures,
    };
  },
};

/** Returns the revision of the edit. */
async function editPool(admin: AdminClient, edit: number): Promise<number> {
  const response = await admin.request(POOL, {
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify({ spec: { cooldown: { rateLimit: `${1 + (edit % 50)}s` } } }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`PATCH ${POOL}: ${response.status} ${text.slice(0, 300)}`);
  return Number((JSON.parse(text) as { metadata: { resourceVersion: string } }).metadata.resourceVersion);
}

function largeManifest(simulatorOrigin: string): string {
  const names = Array.from({ length: KEYS }, (_, index) => `key-${index}`);
  return `apiVersion: v1
kind: Secret
metadata: {name: large, namespace: default}
stringData: {${names.map((name) => `${name}: sim-${name}`).join(', ')}}
---
apiVersion: signalbox.dev/v1
kind: Provider
metadata: {name: large, namespace: default}
spec:
  type: OpenAICompatible
  baseURL: ${simulatorOrigin}/large/v1
  allowInsecure: true
  allowPrivateNetwork: true
  models: [{name: sim-small}]
---
apiVersion: signalbox.dev/v1
kind: KeyPool
metadata: {name: large, namespace: default}
spec:
  providerRef: {name: large}
  keys: [${names.map((name) => `{name: ${name}, valueFrom: {secretKeyRef: {name: large, key: ${name}}}}`).join(', ')}]
---
apiVersion: signalbox.dev/v1
kind: RoutePolicy
metadata: {name: chat, namespace: default}
spec:
  models: [chat]
  rules: [{name: all, backendRefs: [{keyPoolRef: {name: large}, model: sim-small}]}]
`;
}
