import { serialize } from 'node:v8';
import type { ApiObject } from '#libs/apimachinery';
import type { CompileChanges } from '#libs/compiler';
import { CompileState } from '../../../apps/control-plane/src/compile/compile-state.js';
import { packEntries } from '../../../apps/control-plane/src/compile/packed-entries.js';
import { credentials, namespaceOf, policy, provider, world } from '../load/compile-world.js';
import { median, percentile } from '../statistics.js';

/** CPU of one kind of change, all threads of this process, collecting garbage included. */
export interface CompileCost {
  readonly medianMs: number;
  readonly p99Ms: number;
  /** All of them together, by their number: what the median leaves out. */
  readonly meanMs: number;
  /** Entries and conditions that a change changed, on average. */
  readonly changed: number;
}
export interface CompileFigures {
  readonly policies: number;
  readonly entries: number;
  readonly firstMs: number;
  readonly memoryMiB: number;
  readonly policy: CompileCost;
  readonly dryRun: CompileCost;
  readonly secret: CompileCost;
  readonly provider: CompileCost;
  readonly providerGone: CompileCost;
}

/** What the compile thread does, alone in a process, so that its CPU can be told: compile, pack, write the message. */
const policies = Number(process.env['BENCH_POLICIES']);
const state = new CompileState();
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

function compile(changes: CompileChanges, reset = false): { changed: number; entries: number } {
  const steps = state.compile({ reset, ...changes });
  for (;;) {
    const step = steps.next();
    if (!step.done) continue;
    const { upserts, ...rest } = step.value;
    serialize({ ...rest, upserts: packEntries(upserts).map(({ ids, lengths }) => ({ ids, lengths })) });
    return { changed: upserts.length + rest.removals.length + rest.conditions.size, entries: upserts.length };
  }
}

function cost(times: number, change: (index: number) => number): CompileCost {
  const samples: number[] = [];
  let changed = 0;
  for (let index = 0; index < times; index++) {
    const began = cpuMs();
    changed += change(index);
    samples.push(cpuMs() - began);
  }
  const sum = samples.reduce((total, each) => total + each, 0);
  return {
    medianMs: median(samples),
    p99Ms: percentile(samples, 0.99),
    meanMs: sum / times,
    changed: changed / times,
  };
}

const none = new Map<string, never>();
const edit = (object: ApiObject): CompileChanges => ({
  objects: new Map([[object.metadata.uid!, object]]),
  credentials: none,
});

const whole = { objects: world(policies), credentials: credentials(policies) };
globalThis.gc?.();
const emptyBytes = process.memoryUsage().heapUsed;
const began = cpuMs();
const { entries } = compile(whole, true);
const firstMs = cpuMs() - began;
globalThis.gc?.();
const memoryMiB = (process.memoryUsage().heapUsed - emptyBytes) / 2 ** 20;

/** The first ones also compile the code. */
const warmUp = 200;
const policyEdit = (index: number) => compile(edit(policy((index * 7) % policies, index + 2))).changed;
cost(warmUp, policyEdit);
const figures: CompileFigures = {
  policies,
  entries,
  firstMs,
  memoryMiB,
  policy: cost(1_000, (index) => policyEdit(index + warmUp)),
  dryRun: cost(500, (index) => {
    const object = policy((index * 7) % policies, 5_000 + index);
    return state.preview({ ...edit(object), preview: [object.metadata.uid!] }).length;
  }),
  secret: cost(200, (index) => {
    const id = `${namespaceOf(index % Math.min(50, policies))}/keys/main`;
    return compile({ objects: none, credentials: new Map([[id, { version: `v${index + 2}` }]]) }).changed;
  }),
  provider: cost(200, (index) => compile(edit(provider(namespaceOf(0), index + 2))).changed),
  providerGone: cost(10, (index) => {
    const object = provider(namespaceOf(0), index + 500);
    const gone = compile({ objects: new Map([[object.metadata.uid!, undefined]]), credentials: none }).changed;
    return gone + compile(edit(object)).changed;
  }),
};
process.send!(figures);
process.disconnect();
