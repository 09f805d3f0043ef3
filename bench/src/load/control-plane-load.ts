import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessSet } from '../process-set.js';
import { percentile } from '../statistics.js';
import type { ApiClient } from './api-client.js';

const path = '/apis/signalbox.dev/v1/namespaces/default/routepolicies';

export interface LoadSize {
  readonly objects: number;
  /** Requests in flight while creating and deleting. */
  readonly clients: number;
  readonly lists: number;
  readonly watches: number;
  readonly updates: number;
  /** Updates are sent one by one, and at this pace where the server keeps up. */
  readonly updatesPerSecond: number;
}

export interface ControlPlaneFigures {
  readonly createsPerSecond: number;
  readonly createMs: Percentiles;
  readonly cpuMsPerCreate: number;
  readonly listMs: Percentiles;
  readonly cpuMsPerList: number;
  readonly listBytes: number;
  readonly delivered: number;
  readonly expected: number;
  readonly eventMs: Percentiles;
  readonly watchCores: number;
  readonly memoryMiB: number;
}
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** The same requests to any server that serves our RoutePolicies: create, list, watch while updating, delete. */
export async function loadControlPlane(
  client: ApiClient,
  processes: ProcessSet,
  size: LoadSize,
  references: readonly object[],
): Promise<ControlPlaneFigures> {
  const names = Array.from({ length: size.objects }, (_, index) => `load-${index}`);
  const create = (name: string) => client.send('POST', path, routePolicy(name, references)).then(expectStatus(201));
  const cpuBefore = processes.processorTimeMs();
  const created = await timed(() => inParallel(names, size.clients, create));
  const cpuCreated = processes.processorTimeMs();
  const listed = await lists(client, size.lists);
  const cpuListed = processes.processorTimeMs();
  const watched = await watches(client, processes, size);
  const memoryMiB = processes.memoryMiB();
  await inParallel(names, size.clients, (name) => client.send('DELETE', `${path}/${name}`).then(expectStatus(200)));
  return {
    createsPerSecond: size.objects / (created.ms / 1_000),
    createMs: percentiles(created.value),
    cpuMsPerCreate: (cpuCreated - cpuBefore) / size.objects,
    listMs: percentiles(listed.timesMs),
    cpuMsPerList: (cpuListed - cpuCreated) / size.lists,
    listBytes: listed.bytes,
    ...watched,
    memoryMiB,
  };
}

function routePolicy(name: string, backendRefs: readonly object[]): object {
  return {
    apiVersion: 'signalbox.dev/v1',
    kind: 'RoutePolicy',
    metadata: { name, namespace: 'default', labels: { app: 'load' } },
    spec: { models: [name], rules: [{ name: 'all', backendRefs }] },
  };
}

async function lists(client: ApiClient, times: number): Promise<{ timesMs: number[]; bytes: number }> {
  const timesMs: number[] = [];
  let bytes = 0;
  for (let turn = 0; turn < times; turn += 1) {
    const list = await timed(() => client.send('GET', path).then(expectStatus(200)));
    timesMs.push(list.ms);
    bytes = list.value.bytes.length;
  }
  return { timesMs, bytes };
}

async function watches(client: ApiClient, processes: ProcessSet, size: LoadSize) {
  const { metadata } = await client.read<{ metadata: { resourceVersion: string } }>(`${path}?limit=1`);
  const sentAtMs = new Map<string, number>();
  const delaysMs: number[] = [];
  const onLine = (line: string): void => {
    const atMs = sentAtMs.get(/"seq":"(\d+)"/.exec(line)?.[1] ?? '');
    if (atMs !== undefined) delaysMs.push(performance.now() - atMs);
  };
  const watch = `${path}?watch=1&resourceVersion=${metadata.resourceVersion}`;
  const closers = await Promise.all(Array.from({ length: size.watches }, () => client.watch(watch, onLine)));
  const cpuBefore = processes.processorTimeMs();
  const updated = await timed(async () => {
    const startedMs = performance.now();
    for (let turn = 0; turn < size.updates; turn += 1) {
      const object = await client.read<Labelled>(`${path}/load-${turn % size.objects}`);
      object.metadata.labels['seq'] = String(turn);
      sentAtMs.set(String(turn), performance.now());
      await client.send('PUT', `${path}/load-${turn % size.objects}`, object).then(expectStatus(200));
      await sleep(Math.max(0, startedMs + ((turn + 1) * 1_000) / size.updatesPerSecond - performance.now()));
    }
  });
  const cpuMs = processes.processorTimeMs() - cpuBefore;
  const expected = size.watches * size.updates;
  for (let waited = 0; delaysMs.length < expected && waited < 5_000; waited += 50) await sleep(50);
  for (const close of closers) close();
  return { delivered: delaysMs.length, expected, eventMs: percentiles(delaysMs), watchCores: cpuMs / updated.ms };
}

interface Labelled {
  readonly metadata: { readonly labels: Record<string, string> };
}

const percentiles = (sample: readonly number[]): Percentiles => ({
  p50: percentile(sample, 0.5),
  p99: percentile(sample, 0.99),
});

/** Resolves to each one's time in milliseconds. */
async function inParallel(
  names: readonly string[],
  clients: number,
  work: (name: string) => Promise<unknown>,
): Promise<number[]> {
  const timesMs: number[] = [];
  const left = names.values();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (const name of left) timesMs.push((await timed(() => work(name))).ms);
    }),
  );
  return timesMs;
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const startedMs = performance.now();
  const value = await work();
  return { value, ms: performance.now() - startedMs };
}

const expectStatus =
  (expected: number) =>
  <T extends { readonly status: number; readonly bytes: Buffer }>(answer: T): T => {
    if (answer.status === expected) return answer;
    throw new Error(`${answer.status} where ${expected} was expected: ${answer.bytes.toString().slice(0, 300)}`);
  };
