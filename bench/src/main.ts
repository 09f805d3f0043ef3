import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { hardware, isMet, print, type Section, type SectionReport } from './report.js';
import { applyToServed } from './sections/apply-to-served.js';
import { compile } from './sections/compile.js';
import { controlPlane } from './sections/control-plane.js';
import { heldStreams } from './sections/held-streams.js';
import { largePool } from './sections/large-pool.js';
import { manyStreams } from './sections/many-streams.js';
import { matching } from './sections/matching.js';
import { outage } from './sections/outage.js';
import { processorTime } from './sections/processor-time.js';
import { servedBySize } from './sections/served-by-size.js';
import { soak } from './sections/soak.js';
import { startUp } from './sections/start-up.js';
import { readSettings } from './settings.js';

const sections: readonly Section[] = [
  processorTime,
  applyToServed,
  manyStreams,
  matching,
  heldStreams,
  startUp,
  controlPlane,
  compile,
  servedBySize,
  largePool,
  outage,
  soak,
];

const program = new Command('bench')
  .description('Measures Signalbox against a bare proxy, side by side. Prints tables; takes some minutes.')
  .option('--json <file>', 'also write the figures as JSON')
  .option('--node <line>', 'on another Node: 20.19, 22, 24 or 26 (scripts/bench.mjs reads it)')
  .option('--only <names>', `comma-separated sections: ${sections.map(({ name }) => name).join(', ')}`)
  .parse();
const options = program.opts<{ json?: string; only?: string }>();
const wanted =
  options.only?.split(',') ?? sections.filter(({ onlyWhenNamed }) => !onlyWhenNamed).map(({ name }) => name);
const unknown = wanted.filter((name) => !sections.some((section) => section.name === name));
if (unknown.length > 0) program.error(`unknown section: ${unknown.join(', ')}`);

const settings = readSettings(process.env);
const machine = hardware();
process.stdout.write(
  `${Object.entries(machine)
    .map(([name, value]) => `${name}: ${value}`)
    .join(' · ')}\n`,
);
const reports: Record<string, SectionReport> = {};
for (const section of sections.filter(({ name }) => wanted.includes(name))) {
  const report = await section.run((line) => process.stderr.write(`${section.name}: ${line}\n`), settings);
  reports[section.name] = report;
  print(report);
}
if (options.json) {
  const figures = Object.fromEntries(
    Object.entries(reports).map(([name, { title, method, figures, budgets }]) => [
      name,
      { title, method, ...figures, budgets },
    ]),
  );
  writeFileSync(options.json, `${JSON.stringify({ machine, sections: figures }, null, 2)}\n`);
  process.stdout.write(`\nWritten to ${options.json}.\n`);
}
if (!Object.values(reports).every(({ budgets = [] }) => budgets.every(isMet))) process.exitCode = 1;
