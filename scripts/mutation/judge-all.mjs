/** Judges entries in several copies side by side; each copy takes the next entry when it is free. */
import { runSuite } from './run-suite.mjs';
import { WorkingCopy } from './working-copy.mjs';

/**
 * A verdict an entry: `killed` (its suite went red), `survived`, or why it proves nothing: `red` (the suite fails without
 * the mutant, too) and `broken` (with the mutant no test could run).
 */
export async function judgeAll({ root, entries, jobs, report }) {
  const waiting = [...entries];
  const baselines = new Map();
  const verdicts = [];
  const copies = [];
  const stop = () => {
    for (const copy of copies) copy.remove();
    process.exit(130);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  await Promise.all(Array.from({ length: Math.min(jobs, entries.length) }, work));
  process.off('SIGINT', stop);
  process.off('SIGTERM', stop);
  return verdicts;

  async function work() {
    const copy = new WorkingCopy(root);
    copies.push(copy);
    try {
      for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
        const startedMs = performance.now();
        const verdict = { entry, ...(await judge(copy, entry, baselines)) };
        verdicts.push(verdict);
        report({ ...verdict, seconds: (performance.now() - startedMs) / 1000 });
      }
    } finally {
      copy.remove();
    }
  }
}

async function judge(copy, entry, baselines) {
  // A suite that is red anyway would kill everything: each is seen green once.
  if (!baselines.has(entry.suite)) {
    baselines.set(
      entry.suite,
      copy.untouched(() => runSuite(copy.directory, entry.suite)),
    );
  }
  const baseline = await baselines.get(entry.suite);
  if (baseline.state !== 'green') return { result: 'red', by: `without the mutant, too: ${baseline.by}` };
  // Many mutants make a test wait for ever: it waits for ten times what the slowest one needs, not for a minute.
  const testTimeoutMs = Math.min(60_000, 5_000 + 10 * baseline.longestTestMs);
  const { state, by } = await copy.with(entry, () => runSuite(copy.directory, entry.suite, testTimeoutMs));
  if (state === 'green') return { result: 'survived', by: `${entry.suite} stays green` };
  return { result: state === 'broken' ? 'broken' : 'killed', by };
}
