/**
 * `npm run mutants`: takes each listed protection away, in a copy of the working tree, and shows whether a test goes red.
 * A protection that can be removed without a red test isn't one.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { faultsOf, loadEntries, select } from './mutation/entries.mjs';
import { judgeAll } from './mutation/judge-all.mjs';

const usage = `npm run mutants                      every protection of scripts/mutants/
npm run mutants -- --area api        those of one list
npm run mutants -- --only "fence"    those whose name or file contains the text
npm run mutants -- --list            names alone, nothing is run
npm run mutants -- --check           only whether each entry still fits its file (part of npm run check)
npm run mutants -- --jobs 1          copies judged side by side, 2 by default
`;
const { values: options } = parseArgs({
  options: {
    area: { type: 'string' },
    only: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    list: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
    root: { type: 'string', default: dirname(dirname(fileURLToPath(import.meta.url))) },
  },
});

if (options.help) say(usage.trimEnd());
else process.exitCode = await main();

async function main() {
  const entries = select(await loadEntries(options.root), options);
  if (entries.length === 0) return fail('No protection fits; npm run mutants -- --list shows them all.');
  if (options.list) {
    for (const { area, name, file } of entries) say(`${area}: ${name} (${file})`);
    return 0;
  }
  const faults = entries.flatMap((entry) => faultsOf(entry, options.root));
  for (const fault of faults) say(`stale  ${fault}`);
  if (options.check || faults.length > 0) return faults.length > 0 ? 1 : 0;
  const jobs = Number(options.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) return fail('--jobs takes a whole number from 1 on.');
  const verdicts = await judgeAll({ root: options.root, entries, jobs, report });
  const lived = verdicts.filter(({ result }) => result !== 'killed');
  say(`${verdicts.length - lived.length} of ${verdicts.length} killed.`);
  for (const { entry, result } of lived) say(`${result}: ${entry.area}: ${entry.name} (${entry.file})`);
  return lived.length === 0 ? 0 : 1;
}

function report({ entry, result, seconds, by }) {
  say(
    `${result.padEnd(9)}${seconds.toFixed(1).padStart(6)} s  ${entry.area}: ${entry.name}${by ? `\n${' '.repeat(19)}${by}` : ''}`,
  );
}

function fail(line) {
  say(line);
  return 1;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
