import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { checkout } from '#libs/testing';
import type { CompileFigures } from '../processes/compile-process.js';
import type { Section } from '../report.js';

const sizes = [10, 10_000, 100_000];

/** What the compile thread pays for a change, among few and among many policies. */
export const compile: Section = {
  name: 'compile',
  async run(progress) {
    const figures: CompileFigures[] = [];
    for (const size of sizes) {
      progress(`${size} policies`);
      figures.push(await measure(size));
    }
    return {
      title: 'Compile',
      method: 'CPU of a process that compiles, packs and writes the answer; 1,000 edits of a policy, medians.',
      columns: [
        'policies',
        'first ms',
        'heap MiB',
        'policy edit ms (p99, mean)',
        'dry run ms',
        'Secret rotated ms',
        'Provider edited ms (entries)',
        'Provider gone and back: µs a change (changes)',
      ],
      rows: figures.map((each) => [
        each.policies,
        each.firstMs,
        each.memoryMiB,
        `${each.policy.medianMs.toFixed(2)} (${each.policy.p99Ms.toFixed(2)}, ${each.policy.meanMs.toFixed(2)})`,
        each.dryRun.medianMs,
        each.secret.medianMs,
        `${each.provider.medianMs.toFixed(2)} (${each.provider.changed})`,
        `${((each.providerGone.meanMs * 1_000) / each.providerGone.changed).toFixed(0)} (${each.providerGone.changed})`,
      ]),
      figures: { sizes: figures },
    };
  },
};

async function measure(policies: number): Promise<CompileFigures> {
  const child = fork(join(checkout, 'dist/bench/src/processes/compile-process.js'), {
    env: { ...process.env, BENCH_POLICIES: String(policies) },
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(() => undefined);
  const [figures] = ((await Promise.race([once(child, 'message'), ended])) ?? []) as [CompileFigures?];
  if (!figures) throw new Error('the process ended before it had its figures');
  await ended;
  return figures;
}
